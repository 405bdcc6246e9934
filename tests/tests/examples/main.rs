//! The examples over public data: every row that a policy can be asked is asked, and the answers are compared.

#[cfg(test)]
mod canaries;
#[cfg(test)]
mod govuk;
#[cfg(test)]
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
