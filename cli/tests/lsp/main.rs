//! Scripted sessions with the real language server, over standard input and output, as editors have them.

#[cfg(test)]
mod complete;
#[cfg(test)]
mod diagnostics;
#[cfg(test)]
mod editor;
#[cfg(test)]
mod features;
#[cfg(test)]
mod rename;
#[cfg(test)]
mod robust;
