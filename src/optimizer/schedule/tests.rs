use super::*;
use serde_json::Value;

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Rates asked of the original's classes, in the listed order.
#[test]
fn rates_are_those_of_the_original() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/optimizers/lr_schedulers.json");
    let golden: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let cases = golden["schedulers"].as_array().unwrap();
    assert!(cases.len() > 5);
    for case in cases {
        let params: Vec<(String, String)> =
            case["params"].as_object().unwrap().iter().map(|(k, v)| (k.clone(), text(v))).collect();
        let params: Vec<(&str, &str)> = params.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        let mut schedule = Schedule::new(&SchedulerSpec::new(&text(&case["scheduler"]), &params)).unwrap();
        let asked = case["num_update"].as_array().unwrap().iter().zip(case["lr"].as_array().unwrap());
        for (n, want) in asked {
            let (got, want) = (schedule.rate(n.as_i64().unwrap()), want.as_f64().unwrap());
            assert!((got - want).abs() <= 1e-12 * want.abs(), "{case}: at {n} {got}, not {want}");
        }
    }
}

#[test]
fn bad_parameters_are_named() {
    let message = |name: &str, params: &[(&str, &str)]| {
        Schedule::new(&SchedulerSpec::new(name, params)).map(|_| ()).unwrap_err().to_string()
    };
    assert!(message("factr", &[]).contains("did you mean 'factor'"));
    assert!(message("factor", &[]).contains("step: expected"));
    assert!(message("factor", &[("step", "0")]).contains("1 or more"));
    assert!(message("factor", &[("step", "2"), ("facto", "1")]).contains("did you mean 'factor'"));
    assert!(message("multifactor", &[("step", "[3, 2]")]).contains("increasing"));
    assert!(message("poly", &[("max_update", "3"), ("warmup_steps", "3")]).contains("warmup_steps"));
    assert!(message("cosine", &[("max_update", "9"), ("warmup_mode", "x")]).contains("linear or constant"));
    assert!(message("cosine", &[("max_update", "9"), ("warmup_begin_lr", "2")]).contains("base_lr"));
    assert!(
        message("factor", &[("step", "1"), ("base_lr", "nan")]).contains("base_lr: expected a finite number")
    );
}

#[test]
fn a_schedule_continues_where_it_stood() {
    let spec = SchedulerSpec::new("factor", &[("step", "2"), ("factor", "0.5"), ("base_lr", "1")]);
    let mut first = Schedule::new(&spec).unwrap();
    assert_eq!(first.rate(5), 0.25);
    let mut second = Schedule::new(&SchedulerSpec { position: Some(first.position()), ..spec }).unwrap();
    assert_eq!(second.rate(5), 0.25);
    assert_eq!(second.rate(i64::MAX), 1e-8);
}

#[test]
fn no_number_of_updates_takes_for_ever() {
    let slow = [("step", "1"), ("factor", "0.99999999999999"), ("base_lr", "1"), ("stop_factor_lr", "0")];
    let mut schedule = Schedule::new(&SchedulerSpec::new("factor", &slow)).unwrap();
    assert_eq!(schedule.rate(i64::MAX), 0.0);
    let mut schedule = Schedule::new(&SchedulerSpec::new("factor", &slow)).unwrap();
    let (got, want) = (schedule.rate(1 << 40), (-f64::from(2f32).powi(40) * 1e-14).exp());
    assert!((got - want).abs() < 1e-4 * want, "{got}, not {want}");
    let lost = [("step", "1"), ("factor", "0.5"), ("base_lr", "nan")];
    let mut schedule = Schedule::from_stock(&SchedulerSpec::new("factor", &lost)).unwrap();
    assert!(schedule.rate(i64::MAX).is_nan());
}
