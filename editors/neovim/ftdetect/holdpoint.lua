vim.filetype.add({ extension = { hold = "holdpoint" } })
