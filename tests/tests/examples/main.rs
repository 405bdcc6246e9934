//! The examples over public data: every row that a policy can be asked is asked, and the answers are compared.

#[cfg(test)]
#[expect(clippy::float_arithmetic, reason = "the cases are written in floating point")]
mod canaries;
#[cfg(test)]
mod govuk;
#[cfg(test)]
#[expect(clippy::float_arithmetic, reason = "the cases are written in floating point")]
mod keptn;
#[cfg(test)]
mod kubernetes;
#[cfg(test)]
mod load;
#[cfg(test)]
mod provenance;
#[cfg(test)]
mod terraform;
#[cfg(test)]
mod wikimedia;
