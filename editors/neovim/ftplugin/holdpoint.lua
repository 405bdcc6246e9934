-- The language server for policies. It finds the package of a file below the root.
vim.bo.commentstring = "// %s"
vim.bo.shiftwidth = 2
vim.bo.expandtab = true

local file = vim.api.nvim_buf_get_name(0)
local marker = vim.fs.find(".git", { upward = true, path = vim.fs.dirname(file) })[1]

vim.lsp.start({
  name = "holdpoint",
  cmd = { vim.g.holdpoint_path or "holdpoint", "lsp" },
  root_dir = marker and vim.fs.dirname(marker) or vim.fs.dirname(file),
})
