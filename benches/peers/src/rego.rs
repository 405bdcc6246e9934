//! Rego in regorus' virtual machine.

use std::fs;
use std::path::Path;

use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::RegoVM;
use regorus::{Engine, Rc, Value};

use crate::Failure;
use crate::load::Answer;

/// A machine with the program loaded.
pub struct Vm(RegoVM);

impl Vm {
    pub fn new(folder: &Path) -> Result<Self, Failure> {
        let mut engine = Engine::new();
        engine.add_policy("pol007.rego".to_owned(), fs::read_to_string(folder.join("pol007.rego"))?)?;
        let entry: Rc<str> = "data.pol007.decision".into();
        let policy = engine.compile_with_entrypoint(&entry)?;
        let mut vm = RegoVM::new();
        vm.load_program(Compiler::compile_from_policy(&policy, &[entry.as_ref()])?);
        vm.set_data(Value::new_object())?;
        Ok(Self(vm))
    }
}

impl crate::Engine for Vm {
    fn name(&self) -> &'static str {
        "regorus 0.14 RVM"
    }

    fn decide(&mut self, body: &str) -> Result<Answer, Failure> {
        self.0.set_input(Value::from_json_str(body)?);
        let decision = self.0.execute_entry_point_by_index(0)?;
        let text = |value: &Value| value.as_string().map(|text| text.to_string());
        let verdict = text(&decision["verdict"])?;
        let objections = decision["objections"].as_set()?.iter().map(text).collect::<Result<_, _>>()?;
        Ok(Answer { verdict, objections })
    }
}
