//! `format` and `formatlist`: the verbs of Go's `fmt` that Terraform has.

use std::sync::Arc;

use super::super::super::value::Value;
use super::arguments::{Call, integer};
use super::convert::{Writer, as_bool, as_number, as_text, json_text, number_text, to_text};
use super::lists::single;
use super::text::characters;
use super::unknown::{derived, is_rest};
use super::{FunctionError, ITEM_LIMIT, Outcome};

/// The widest field and the most digits.
const WIDTH_LIMIT: usize = 10_000;

/// A verb with what stands between it and its `%`.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag that may be written")]
struct Verb {
    letter: char,
    plus: bool,
    minus: bool,
    sharp: bool,
    zero: bool,
    space: bool,
    width: Option<usize>,
    precision: Option<usize>,
    argument: Option<usize>,
}

/// A piece of a format.
enum Piece {
    Text(String),
    Verb(Verb),
}

fn digits(letters: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<usize> {
    let mut number = None;
    while let Some(digit) = letters.peek().and_then(|letter| letter.to_digit(10)) {
        letters.next();
        number = Some(number.unwrap_or(0_usize).saturating_mul(10).saturating_add(digit as usize));
    }
    number
}

fn pieces(call: &Call<'_>, format: &str) -> Result<Vec<Piece>, FunctionError> {
    let mut pieces = Vec::new();
    let mut text = String::new();
    let mut letters = format.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            text.push(letter);
            continue;
        }
        if letters.next_if_eq(&'%').is_some() {
            text.push('%');
            continue;
        }
        let mut verb = Verb::default();
        while let Some(flag) = letters.next_if(|letter| matches!(letter, '+' | '-' | '#' | '0' | ' ')) {
            match flag {
                '+' => verb.plus = true,
                '-' => verb.minus = true,
                '#' => verb.sharp = true,
                '0' => verb.zero = true,
                _ => verb.space = true,
            }
        }
        verb.width = digits(&mut letters);
        if letters.next_if_eq(&'.').is_some() {
            verb.precision = Some(digits(&mut letters).unwrap_or(0));
        }
        if letters.next_if_eq(&'[').is_some() {
            verb.argument = digits(&mut letters).filter(|argument| *argument > 0);
            if verb.argument.is_none() || letters.next() != Some(']') {
                return Err(call.error("the number of an argument cannot be read"));
            }
        }
        if verb.width.is_some_and(|width| width > WIDTH_LIMIT)
            || verb.precision.is_some_and(|precision| precision > WIDTH_LIMIT)
        {
            return Err(call.error("a field is too wide"));
        }
        verb.letter = letters.next().ok_or_else(|| call.error("the last verb is not complete"))?;
        if !text.is_empty() {
            pieces.push(Piece::Text(std::mem::take(&mut text)));
        }
        pieces.push(Piece::Verb(verb));
    }
    if !text.is_empty() {
        pieces.push(Piece::Text(text));
    }
    Ok(pieces)
}

pub(super) fn format(call: &Call<'_>) -> Outcome {
    if !call.arg(0)?.is_known() {
        return call.unknown();
    }
    let pieces = pieces(call, &call.text(0)?)?;
    let args: Vec<&Value> = call.args.iter().skip(1).collect();
    formatted(call, &pieces, &args)
}

fn formatted(call: &Call<'_>, pieces: &[Piece], args: &[&Value]) -> Outcome {
    let mut writer = Writer::default();
    let mut next = 0;
    let mut used = 0;
    let mut by_number = false;
    for piece in pieces {
        match piece {
            Piece::Text(text) => writer.push_str(text),
            Piece::Verb(verb) => {
                by_number |= verb.argument.is_some();
                let at = verb.argument.map_or(next, |argument| argument - 1);
                next = at + 1;
                used = used.max(next);
                let arg = args.get(at).ok_or_else(|| call.error("an argument is missing"))?;
                writer.push(&field(call, verb, arg)?)?;
            }
        }
    }
    if used < args.len() && !by_number {
        return Err(call.error("there are more arguments than verbs"));
    }
    writer.finish().map_err(|_| call.error("the result is too long"))
}

/// One argument by its verb.
fn field(call: &Call<'_>, verb: &Verb, arg: &Value) -> Outcome {
    let plain = verb.width.is_none() && verb.precision.is_none();
    match (verb.letter, arg) {
        ('s' | 'v', Value::Unknown(_) | Value::Template(_)) if plain && !verb.sharp => return Ok(arg.clone()),
        ('v', Value::List(_) | Value::Map(_) | Value::Json(_)) if plain && !arg.is_known() && !verb.sharp => {
            return if matches!(arg, Value::Json(_)) { to_text(arg) } else { json_text(arg) };
        }
        ('s', Value::Json(_)) if plain && !arg.is_known() => return to_text(arg),
        (_, value) if !value.is_known() => {
            return Ok(derived(&format!("{}(%{})", call.name, verb.letter), std::slice::from_ref(value)));
        }
        (_, Value::Null) if verb.letter != 'v' => return Err(call.error("an argument is null")),
        _ => {}
    }
    let text = match verb.letter {
        'v' if verb.sharp => json_text(arg)?.as_text().unwrap_or_default().to_owned(),
        'v' => match arg {
            Value::Number(number) => number_field(call, verb, 'g', *number)?,
            Value::Bool(_) | Value::Text(_) | Value::Json(_) => as_text(arg).unwrap_or_default().to_string(),
            _ => json_text(arg)?.as_text().unwrap_or_default().to_owned(),
        },
        's' | 'q' => {
            let text = as_text(arg).ok_or_else(|| call.error("a text is required"))?;
            let text = match verb.precision {
                Some(most) => characters(&text).into_iter().take(most).collect::<String>(),
                None => text.to_string(),
            };
            if verb.letter == 'q' {
                json_text(&Value::text(&text))?.as_text().unwrap_or_default().to_owned()
            } else {
                text
            }
        }
        't' => as_bool(arg).ok_or_else(|| call.error("a truth value is required"))?.to_string(),
        'b' | 'd' | 'o' | 'x' | 'X' | 'e' | 'E' | 'f' | 'g' | 'G' => {
            let number = as_number(arg).ok_or_else(|| call.error("a number is required"))?;
            number_field(call, verb, verb.letter, number)?
        }
        _ => return Err(call.error("a verb is not known")),
    };
    Ok(Value::Text(Arc::from(padded(verb, &text))))
}

fn number_field(call: &Call<'_>, verb: &Verb, letter: char, number: f64) -> Result<String, FunctionError> {
    let magnitude = number.abs();
    let precision = verb.precision;
    let body = match letter {
        'd' | 'b' | 'o' | 'x' | 'X' => {
            let whole = integer(magnitude).filter(|_| magnitude.fract() == 0.0);
            match (letter, whole) {
                ('d', None) if magnitude.fract() == 0.0 => number_text(magnitude),
                ('d', Some(whole)) => format!("{whole:0>least$}", least = precision.unwrap_or(1)),
                ('b', Some(whole)) => format!("{}{whole:b}", if verb.sharp { "0b" } else { "" }),
                ('o', Some(whole)) => format!("{}{whole:o}", if verb.sharp { "0" } else { "" }),
                ('x', Some(whole)) => format!("{}{whole:x}", if verb.sharp { "0x" } else { "" }),
                ('X', Some(whole)) => format!("{}{whole:X}", if verb.sharp { "0X" } else { "" }),
                _ => return Err(call.error("a whole number is required")),
            }
        }
        'f' => format!("{magnitude:.digits$}", digits = precision.unwrap_or(6)),
        'e' => exponent(magnitude, precision.unwrap_or(6)),
        'E' => exponent(magnitude, precision.unwrap_or(6)).to_uppercase(),
        'G' => general(magnitude, precision).to_uppercase(),
        _ => general(magnitude, precision),
    };
    let sign = match (number < 0.0, verb.plus, verb.space) {
        (true, _, _) => "-",
        (_, true, _) => "+",
        (_, _, true) => " ",
        _ => "",
    };
    let missing = verb.width.unwrap_or(0).saturating_sub(body.len() + sign.len());
    let zeros = if verb.zero && !verb.minus { missing } else { 0 };
    Ok(format!("{sign}{}{body}", "0".repeat(zeros)))
}

/// With an exponent of two digits or more.
fn exponent(magnitude: f64, digits: usize) -> String {
    let written = format!("{magnitude:.digits$e}");
    let (mantissa, power) = written.split_once('e').unwrap_or((&written, "0"));
    let (sign, power) = power.strip_prefix('-').map_or(('+', power), |power| ('-', power));
    format!("{mantissa}e{sign}{power:0>2}")
}

/// With an exponent only where the number is very large or small.
fn general(magnitude: f64, precision: Option<usize>) -> String {
    if magnitude == 0.0 {
        return "0".to_owned();
    }
    let digits = precision.map(|precision| precision.max(1));
    let written = digits.map_or_else(|| format!("{magnitude:e}"), |digits| format!("{magnitude:.*e}", digits - 1));
    let power: i32 = written.split_once('e').and_then(|(_, power)| power.parse().ok()).unwrap_or(0);
    let most = digits.map_or(6, |digits| i32::try_from(digits).unwrap_or(i32::MAX));
    if power < -4 || power >= most {
        let mantissa = written.split_once('e').map_or(written.as_str(), |(mantissa, _)| mantissa);
        let mantissa =
            if mantissa.contains('.') { mantissa.trim_end_matches('0').trim_end_matches('.') } else { mantissa };
        let sign = if power < 0 { '-' } else { '+' };
        return format!("{mantissa}e{sign}{:02}", power.abs());
    }
    if digits.is_none() {
        return number_text(magnitude);
    }
    let decimals = usize::try_from(most - 1 - power).unwrap_or(0);
    let fixed = format!("{magnitude:.decimals$}");
    if fixed.contains('.') { fixed.trim_end_matches('0').trim_end_matches('.').to_owned() } else { fixed }
}

fn padded(verb: &Verb, text: &str) -> String {
    let missing = verb.width.unwrap_or(0).saturating_sub(characters(text).len());
    let zeros = verb.zero && !verb.minus;
    let pad = if zeros { "0" } else { " " }.repeat(missing);
    if verb.minus { format!("{text}{pad}") } else { format!("{pad}{text}") }
}

pub(super) fn formatlist(call: &Call<'_>) -> Outcome {
    let args = call.args.get(1..).unwrap_or_default();
    let endless = |arg: &Value| match arg {
        Value::List(items) => items.iter().any(is_rest),
        // It may be a list.
        Value::Unknown(unknown) => !single(unknown),
        _ => false,
    };
    if !call.arg(0)?.is_known() || args.iter().any(endless) {
        return call.unknown();
    }
    let pieces = pieces(call, &call.text(0)?)?;
    let mut rounds = None;
    for arg in args {
        if let Value::List(items) = arg {
            if rounds.is_some_and(|rounds| rounds != items.len()) {
                return Err(call.error("the lists are not of one length"));
            }
            rounds = Some(items.len());
        }
    }
    let rounds = rounds.unwrap_or(1);
    let mut made = Vec::new();
    let mut length = 0;
    for round in 0..rounds {
        let row: Vec<&Value> = args
            .iter()
            .map(|arg| match arg {
                Value::List(items) => items.get(round).unwrap_or(arg),
                _ => arg,
            })
            .collect();
        let text = formatted(call, &pieces, &row)?;
        length += text.as_text().map_or(64, str::len) + 1;
        if length > super::TEXT_LIMIT || made.len() >= ITEM_LIMIT {
            return Err(call.error("the result is too long"));
        }
        made.push(text);
    }
    Ok(Value::list(made))
}
