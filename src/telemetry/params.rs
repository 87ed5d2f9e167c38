//! The settings of the profiler by MXNet's names.

use super::profiler::Settings;
use super::trace::what;
use crate::base::Result;
use crate::base::suggest::nearest;
use crate::base::uri::local_path;
use crate::{bail, ensure};
use std::time::Duration;

const SWITCHES: [&str; 7] = [
    "profile_all",
    "profile_symbolic",
    "profile_imperative",
    "profile_memory",
    "profile_api",
    "continuous_dump",
    "aggregate_stats",
];

/// All settings by name, with MXNet's defaults.
pub struct ProfilerParams<'a> {
    switches: [bool; 7],
    pub filename: &'a str,
    dump_period: f64,
    /// Meant for the servers, not for this process.
    pub of_servers: bool,
}

impl<'a> ProfilerParams<'a> {
    pub fn parse(params: &[(&'a str, &'a str)]) -> Result<Self> {
        let mut parsed = ProfilerParams {
            switches: [false, true, true, true, true, true, false],
            filename: "profile.json",
            dump_period: 1.0,
            of_servers: false,
        };
        for (key, value) in params {
            if let Some(place) = SWITCHES.iter().position(|name| name == key)
                && let Some(switch) = parsed.switches.get_mut(place)
            {
                *switch = match *value {
                    "1" | "True" | "true" => true,
                    "0" | "False" | "false" => false,
                    _ => bail!(
                        InvalidArgument,
                        "Invalid Parameter format for {key} expect boolean but value='{value}'"
                    ),
                };
                continue;
            }
            match *key {
                "filename" => parsed.filename = value,
                "dump_period" => {
                    parsed.dump_period = value.trim().parse().map_err(|_| {
                        crate::err!(
                            InvalidArgument,
                            "Invalid Parameter format for {key} expect float but value='{value}'"
                        )
                    })?;
                }
                "profile_process" => {
                    parsed.of_servers = match *value {
                        "worker" => false,
                        "server" => true,
                        _ => bail!(
                            InvalidArgument,
                            "profile_process: Invalid Input: '{value}', valid values are: {{'server', 'worker'}}"
                        ),
                    };
                }
                unknown => {
                    let known = SWITCHES.into_iter().chain(["filename", "dump_period", "profile_process"]);
                    let hint = nearest(unknown, known.clone());
                    let hint = hint.map_or(String::new(), |name| format!(" Did you mean '{name}'?"));
                    let known: Vec<_> = known.collect();
                    bail!(
                        InvalidArgument,
                        "Cannot find argument '{unknown}', Possible Arguments: {}.{hint}",
                        known.join(", ")
                    );
                }
            }
        }
        Ok(parsed)
    }

    /// What they ask for.
    pub fn settings(&self) -> Result<Settings> {
        let [all, symbolic, imperative, _, api, continuous, aggregate] = self.switches;
        let mut kinds = what::OBJECTS;
        if all || symbolic || imperative {
            kinds |= what::OPERATORS;
        }
        if all || api {
            kinds |= what::CALLS;
        }
        let period = Duration::try_from_secs_f64(self.dump_period).ok().filter(|period| !period.is_zero());
        ensure!(
            !continuous || period.is_some(),
            InvalidArgument,
            "dump_period: expected seconds above 0, got {}",
            self.dump_period
        );
        Ok(Settings {
            kinds,
            file: local_path("filename", self.filename)?.into(),
            dump_every: period.filter(|_| continuous),
            aggregate,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_have_mxnets_names_and_defaults() {
        let none = ProfilerParams::parse(&[]).unwrap();
        assert_eq!(none.switches, [false, true, true, true, true, true, false]);
        assert_eq!((none.filename, none.dump_period, none.of_servers), ("profile.json", 1.0, false));
        let all = [
            ("profile_all", "True"),
            ("filename", "x"),
            ("dump_period", "0.5"),
            ("continuous_dump", "0"),
            ("profile_process", "server"),
        ];
        let all = ProfilerParams::parse(&all).unwrap();
        assert!(all.switches[0] && !all.switches[5] && all.of_servers);
        assert_eq!((all.filename, all.dump_period), ("x", 0.5));
    }

    #[test]
    fn wrong_settings_are_named() {
        let message = |key, value| ProfilerParams::parse(&[(key, value)]).err().unwrap().to_string();
        assert!(message("profile_al", "1").contains("Cannot find argument 'profile_al'"));
        assert!(message("profile_al", "1").contains("Did you mean 'profile_all'?"));
        assert!(message("profile_all", "yes").contains("expect boolean but value='yes'"));
        assert!(message("dump_period", "x").contains("expect float but value='x'"));
        assert!(message("profile_process", "x").contains("'worker'"));
    }
}
