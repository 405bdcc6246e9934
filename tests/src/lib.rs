//! What runs the specification and the cases, and what watches over the whole repository.
//!
//! Pages of Markdown hold clauses (`r[rule.id]`) and blocks of code that run; `spec/README.md` says how they are
//! written. This crate reads them ([`homes`], [`markdown`], [`block`], [`package`]), runs them ([`engine`], [`run`],
//! [`golden`], [`tables`]), reports ([`harness`]), and checks that clauses, codes and tables hang together ([`coverage`]) and that the code
//! keeps to the rules of the house ([`tidy`]). Its tests put the examples ([`example`], [`foreign`]) to public data ([`shared_data`]). It must not know how anything it tests works inside.

pub mod block;
pub mod coverage;
pub mod engine;
pub mod example;
pub mod foreign;
pub mod golden;
pub mod harness;
pub mod homes;
pub mod markdown;
pub mod package;
pub mod run;
pub mod shared_data;
pub mod tables;
pub mod textmate;
pub mod tidy;
