//! The examples over public data: every row that a policy can be asked is asked, and the answers are compared.

mod govuk;
mod kubernetes;
mod provenance;
mod terraform;
