//! The library of the Holdpoint language, as text: what `use std.…` reads.

macro_rules! modules {
    ($( $name:literal $file:literal; )+) => {
        /// Names of all modules.
        pub const NAMES: &[&str] = &[ $( $name, )+ ];

        /// The names, one a line.
        const INDEX: &str = concat!($( $name, "\n", )+);

        /// The text of a module by its name, such as `std.deployment`; for the empty name, the names, one a line.
        pub fn module(name: &str) -> Option<&'static str> {
            match name {
                "" => Some(INDEX),
                $( $name => Some(include_str!(concat!("../", $file))), )+
                _ => None,
            }
        }
    };
}

modules! {
    "std.calendar" "std/calendar.hold";
    "std.deployment" "std/deployment.hold";
    "std.soak" "std/soak.hold";
}
