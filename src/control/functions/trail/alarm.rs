//! Whether what a metric filter counts sets off an alarm that tells somebody.
//!
//! Sources: `CloudWatch` user guide, "Using Amazon `CloudWatch` alarms" (evaluation, missing data) and
//! `CloudWatch` API Reference, `PutMetricAlarm`; `CloudWatch` Logs API Reference,
//! `MetricTransformation`.

use std::sync::Arc;

use super::super::truth::Truth;
use super::super::{Fault, argument};
use crate::model::tree::Tree;

/// Most seconds that matches may have to go on for until an alarm goes off. One that takes longer does
/// not tell of an event.
const LONGEST: i64 = 3600;

/// A member as far as it is known. What is not there is told by the error as what cannot be judged.
fn member<'t>(tree: &'t Tree, key: &str) -> Result<Option<&'t Tree>, Truth> {
    match tree {
        Tree::Unknown(gap) => Err(Truth::Open(Arc::clone(gap))),
        _ => match tree.get(key) {
            Some(Tree::Unknown(gap)) => Err(Truth::Open(Arc::clone(gap))),
            Some(Tree::Null) | None => Ok(None),
            told => Ok(told),
        },
    }
}

fn text<'t>(tree: &'t Tree, key: &str) -> Result<Option<&'t str>, Truth> {
    Ok(member(tree, key)?.and_then(Tree::as_str))
}

fn number(tree: &Tree, key: &str) -> Result<Option<f64>, Truth> {
    Ok(member(tree, key)?.and_then(as_number))
}

#[expect(clippy::cast_precision_loss, reason = "a threshold is a double in the API")]
fn as_number(tree: &Tree) -> Option<f64> {
    match tree {
        Tree::Int(number) => Some(*number as f64),
        Tree::Float(number) => Some(*number),
        Tree::Str(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// The elements of a list member; an unknown element stands for itself.
fn list<'t>(tree: &'t Tree, key: &str) -> Result<&'t [Tree], Truth> {
    Ok(match member(tree, key)? {
        Some(Tree::List(items)) => items,
        _ => &[],
    })
}

/// Whether a value sets the alarm off.
fn is_off(comparison: &str, value: f64, threshold: f64) -> Option<bool> {
    Some(match comparison {
        "GreaterThanThreshold" => value > threshold,
        "GreaterThanOrEqualToThreshold" => value >= threshold,
        "LessThanThreshold" => value < threshold,
        "LessThanOrEqualToThreshold" => value <= threshold,
        _ => return None,
    })
}

/// Whether somebody is told when the alarm goes off.
fn acts(alarm: &Tree) -> Truth {
    let enabled = match member(alarm, "actions_enabled") {
        Ok(Some(Tree::Bool(enabled))) => Truth::from(*enabled),
        Ok(_) => Truth::unresolved("the alarm does not say whether its actions are carried out"),
        Err(open) => open,
    };
    let actions = match list(alarm, "alarm_actions") {
        Ok(items) => Truth::any(items.iter().map(|item| match item {
            Tree::Unknown(gap) => Truth::Open(Arc::clone(gap)),
            item => item.as_str().is_some_and(|arn| !arn.is_empty()).into(),
        })),
        Err(open) => open,
    };
    enabled.and(actions)
}

/// Whether a match of a filter with this transformation can set off the alarm on its metric.
fn goes_off(alarm: &Tree, transformation: &Tree) -> Result<Truth, Truth> {
    let unjudged = |why: &str| Err(Truth::unresolved(why.to_owned()));
    let (Some(comparison), Some(statistic)) = (text(alarm, "comparison_operator")?, text(alarm, "statistic")?) else {
        return unjudged("the alarm goes off by a metric expression, which is not judged");
    };
    let Some(threshold) = number(alarm, "threshold")? else {
        return unjudged("the alarm has no fixed threshold, and what sets it off is not judged");
    };
    let value = match text(transformation, "metric_value")? {
        None => return unjudged("the filter does not say what it counts"),
        Some(text) => match text.trim().parse::<f64>() {
            Ok(value) => value,
            Err(_) => return unjudged("the filter counts what a field of the event says, which is not judged"),
        },
    };
    let rest = number(transformation, "default_value")?;
    if value == 0.0 && rest.is_none_or(|rest| rest == 0.0) && statistic != "SampleCount" {
        // A match changes nothing.
        return Ok(Truth::No);
    }
    // What one match comes to; with these statistics many come to more.
    let grows = matches!(statistic, "Sum" | "SampleCount");
    let one = if statistic == "SampleCount" { 1.0 } else { value };
    let Some(by_one) = is_off(comparison, one, threshold) else {
        return unjudged("the alarm goes off by a band of expected values, which is not judged");
    };
    let upwards = comparison.starts_with("Greater");
    if !(by_one || grows && upwards && one > 0.0) {
        return Ok(Truth::No);
    }
    // An alarm that is off while nothing matches does not go off by a match.
    let quiet = match rest {
        Some(rest) if statistic != "SampleCount" => is_off(comparison, rest, threshold).unwrap_or(false),
        Some(_) => by_one,
        None => text(alarm, "treat_missing_data")? == Some("breaching"),
    };
    if quiet {
        return Ok(Truth::No);
    }
    let periods = number(alarm, "datapoints_to_alarm")?.or(number(alarm, "evaluation_periods")?).unwrap_or(1.0);
    let seconds = number(alarm, "period")?.unwrap_or(60.0);
    #[expect(clippy::cast_precision_loss, reason = "an hour is a small number")]
    let lasts = periods > 1.0 && periods * seconds > LONGEST as f64;
    Ok(Truth::from(!lasts))
}

/// Whether the alarm watches the metric of the transformation.
fn watches(alarm: &Tree, transformation: &Tree) -> Truth {
    let names = |tree: &Tree, namespace: &str, name: &str| -> Result<Option<(String, String)>, Truth> {
        Ok(text(tree, namespace)?.map(ToOwned::to_owned).zip(text(tree, name)?.map(ToOwned::to_owned)))
    };
    let written = match names(transformation, "metric_namespace", "metric_name") {
        Ok(written) => written,
        Err(open) => return open,
    };
    let metrics = match list(alarm, "metrics") {
        Ok(metrics) => metrics,
        Err(open) => return open,
    };
    Truth::any(metrics.iter().map(|metric| match names(metric, "namespace", "metric_name") {
        Ok(read) => (read.is_some() && read == written).into(),
        Err(open) => open,
    }))
}

/// `trail.raises_alarm(filter)`.
pub(in crate::control::functions) fn raises_alarm(arguments: &[Tree]) -> Result<Tree, Fault> {
    let filter = argument(arguments, 0)?;
    if let Tree::Unknown(gap) = filter {
        return Err(Fault::Unknown(Arc::clone(gap)));
    }
    if filter.get("alarms").is_none() {
        return Err(Fault::Invalid("a metric filter with its alarms is expected".to_owned()));
    }
    let open = |answer: Result<Truth, Truth>| answer.unwrap_or_else(|open| open);
    let (alarms, transformations) = match (list(filter, "alarms"), list(filter, "metric_transformations")) {
        (Ok(alarms), Ok(transformations)) => (alarms, transformations),
        (Err(open), _) | (_, Err(open)) => return open.answer(),
    };
    Truth::any(alarms.iter().map(|alarm| {
        if let Tree::Unknown(gap) = alarm {
            return Truth::Open(Arc::clone(gap));
        }
        let acts = acts(alarm);
        if acts == Truth::No {
            return acts;
        }
        acts.and(Truth::any(transformations.iter().map(|transformation| {
            if let Tree::Unknown(gap) = transformation {
                return Truth::Open(Arc::clone(gap));
            }
            let watches = watches(alarm, transformation);
            if watches == Truth::No { watches } else { watches.and(open(goes_off(alarm, transformation))) }
        })))
    }))
    .answer()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::model::gap::{Gap, GapCode};
    use serde_json::{Value, json};

    #[track_caller]
    fn raises(alarm: &Value, transformation: &Value, unknown: &[&str]) -> Option<bool> {
        let mut whole = json!({"actions_enabled": true, "alarm_actions": ["arn:aws:sns:us-east-1:123456789012:t"],
            "metrics": [{"namespace": "n", "metric_name": "m", "dimensions": []}], "statistic": "Sum", "period": 300,
            "evaluation_periods": 1, "threshold": 1.0, "comparison_operator": "GreaterThanOrEqualToThreshold"});
        let mut written = json!({"metric_namespace": "n", "metric_name": "m", "metric_value": "1"});
        for (into, from) in [(&mut whole, alarm), (&mut written, transformation)] {
            for (key, value) in from.as_object().expect("an object") {
                into[key] = value.clone();
            }
        }
        let filter = json!({"alarms": [whole], "metric_transformations": [written]});
        let unknown: BTreeMap<String, Gap> =
            unknown.iter().map(|at| ((*at).to_owned(), Gap::new(GapCode::AccessDenied, ""))).collect();
        match raises_alarm(&[Tree::with_unknown(&filter, &unknown)]) {
            Ok(Tree::Bool(answer)) => Some(answer),
            Err(Fault::Unknown(_)) => None,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_alarm_counts_where_a_match_can_set_it_off_and_somebody_is_told() {
        let none = json!({});
        for (alarm, transformation, expected) in [
            (none.clone(), none.clone(), Some(true)),
            (json!({"threshold": 5.0}), none.clone(), Some(true)),
            (json!({"statistic": "SampleCount"}), none.clone(), Some(true)),
            (json!({"statistic": "Maximum"}), none.clone(), Some(true)),
            (json!({"treat_missing_data": "notBreaching"}), json!({"default_value": 0.0}), Some(true)),
            (json!({"treat_missing_data": "breaching"}), json!({"default_value": 0.0}), Some(true)),
            (json!({"evaluation_periods": 3, "datapoints_to_alarm": 1}), none.clone(), Some(true)),
            (json!({"evaluation_periods": 3}), none.clone(), Some(true)),
            // Nobody is told.
            (json!({"actions_enabled": false}), none.clone(), Some(false)),
            (json!({"alarm_actions": []}), none.clone(), Some(false)),
            (json!({"alarm_actions": [""]}), none.clone(), Some(false)),
            // It never goes off.
            (json!({"comparison_operator": "LessThanThreshold"}), none.clone(), Some(false)),
            (json!({"comparison_operator": "LessThanThreshold", "threshold": 0}), none.clone(), Some(false)),
            (json!({"statistic": "Maximum", "threshold": 2}), none.clone(), Some(false)),
            (json!({"statistic": "p99", "threshold": 2}), none.clone(), Some(false)),
            (none.clone(), json!({"metric_value": "0"}), Some(false)),
            (none.clone(), json!({"metric_value": "0", "default_value": 0}), Some(false)),
            (none.clone(), json!({"metric_value": "-1"}), Some(false)),
            (json!({"evaluation_periods": 240}), none.clone(), Some(false)),
            (json!({"evaluation_periods": 240, "datapoints_to_alarm": 240}), none.clone(), Some(false)),
            // It is off all the time.
            (json!({"threshold": 0}), json!({"default_value": 0}), Some(false)),
            (json!({"treat_missing_data": "breaching"}), none.clone(), Some(false)),
            (
                json!({"comparison_operator": "LessThanThreshold", "threshold": 5}),
                json!({"default_value": 0}),
                Some(false),
            ),
            // It watches another metric.
            (json!({"metrics": []}), none.clone(), Some(false)),
            (none.clone(), json!({"metric_name": "other"}), Some(false)),
            // Not judged.
            (none.clone(), json!({"metric_value": "$.size"}), None),
            (json!({"statistic": null}), none.clone(), None),
            (json!({"threshold": null}), none.clone(), None),
            (json!({"comparison_operator": "GreaterThanUpperThreshold"}), none.clone(), None),
        ] {
            assert_eq!(raises(&alarm, &transformation, &[]), expected, "{alarm} {transformation}");
        }
    }

    #[test]
    fn an_unknown_part_matters_only_where_it_could_decide() {
        for at in [
            "/alarms",
            "/alarms/0",
            "/alarms/0/actions_enabled",
            "/alarms/0/alarm_actions",
            "/alarms/0/threshold",
            "/alarms/0/metrics",
            "/alarms/0/metrics/0",
            "/metric_transformations",
            "/metric_transformations/0",
            "/metric_transformations/0/metric_value",
        ] {
            assert_eq!(raises(&json!({}), &json!({}), &[at]), None, "{at}");
        }
        let off = json!({"actions_enabled": false});
        for at in ["/alarms/0/threshold", "/alarms/0/metrics", "/metric_transformations/0/metric_value"] {
            assert_eq!(raises(&off, &json!({}), &[at]), Some(false), "{at}");
        }
    }
}
