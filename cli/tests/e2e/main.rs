//! The real binary, as its users run it.

#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod considering;
#[cfg(test)]
mod cost;
#[cfg(test)]
mod doc;
#[cfg(test)]
mod examples;
#[cfg(test)]
mod export;
#[cfg(test)]
mod files;
#[cfg(test)]
mod fmt;
#[cfg(test)]
mod init;
#[cfg(test)]
mod logs;
#[cfg(test)]
mod proof;
#[cfg(test)]
mod publish;
#[cfg(test)]
mod readme;
#[cfg(test)]
mod reports;
#[cfg(test)]
mod rollouts;
#[cfg(test)]
mod run;
#[cfg(test)]
mod schema;
#[cfg(test)]
mod serving;
#[cfg(test)]
mod tokens;
