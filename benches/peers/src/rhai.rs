//! Rhai: the whole decision in a script, with a clock from the host.

use std::fs;
use std::path::Path;

use rhai::{AST, Dynamic, Engine, Map, Scope};

use crate::Failure;
use crate::load::{Answer, clock};

/// The script and its engine.
pub struct Script {
    engine: Engine,
    ast: AST,
}

impl Script {
    pub fn new(folder: &Path) -> Result<Self, Failure> {
        let mut engine = Engine::new();
        engine.register_fn("weekday", |instant: &str| clock(instant).map_or(-1, |(day, _)| day));
        engine.register_fn("hour", |instant: &str| clock(instant).map_or(-1, |(_, hour)| hour));
        let ast = engine.compile(fs::read_to_string(folder.join("pol007.rhai"))?)?;
        Ok(Self { engine, ast })
    }
}

impl crate::Engine for Script {
    fn name(&self) -> &'static str {
        "Rhai 1.27"
    }

    fn decide(&mut self, body: &str) -> Result<Answer, Failure> {
        let input: Dynamic = serde_json::from_str(body)?;
        let mut decision: Map = self.engine.call_fn(&mut Scope::new(), &self.ast, "decide", (input,))?;
        let mut take = |name: &str| decision.remove(name).ok_or("no such member");
        let verdict = take("verdict")?.into_string()?;
        let objections = take("objections")?.into_typed_array::<String>()?;
        Ok(Answer { verdict, objections })
    }
}
