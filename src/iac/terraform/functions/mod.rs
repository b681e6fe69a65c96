//! The functions of Terraform 1.11, and the few that `OpenTofu` has beside them.
//!
//! What sets these apart from Terraform's own is how they meet what is not known. An argument that is
//! not known makes the result unknown, with the references it was made of; but where the known part
//! decides the shape (`merge`, `concat`, `join`, `jsonencode`), the shape is kept and only the parts
//! are unknown. A list of which further elements are unknown ends in [`rest`].
//!
//! No function reaches a network, a clock, or a file outside the code. All are bounded: a call that
//! would make too much is an error.

use std::path::PathBuf;

use thiserror::Error;

use super::super::value::Value;

mod arguments;
mod collections;
pub(crate) mod convert;
mod encoding;
mod files;
mod format;
mod hash;
mod lists;
mod network;
mod numbers;
mod patterns;
mod replace;
mod sets;
mod text;
mod time;
mod types;
mod unknown;
mod yaml;

#[cfg(test)]
mod tests;

pub(crate) use convert::{Writer, json_of, number_text, to_text};
pub(crate) use unknown::{derived, is_rest, rest};

use arguments::Call;
use unknown::Survey;

/// The longest text that a function gives, in bytes.
pub(super) const TEXT_LIMIT: usize = 4 << 20;

/// The most elements that a function gives, at all depths.
pub(super) const ITEM_LIMIT: usize = 100_000;

/// How deep an argument may be nested.
pub(super) const DEPTH_LIMIT: usize = 200;

/// Where files may be read.
#[derive(Debug, Clone)]
pub(crate) struct Files {
    /// The directory of the root module. Relative paths start at it, as they do where Terraform is run.
    pub(crate) root: PathBuf,
    /// The directory of the module that the expression stands in.
    pub(crate) module: PathBuf,
    /// The directory in which all code lies that is looked at together: a module may read files beside it.
    pub(crate) code: PathBuf,
}

/// Why a function gave no value.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum FunctionError {
    /// Terraform has no function of this name.
    #[error("find a function named {0}")]
    Unknown(String),
    /// The function does not take these arguments. The text says why, and holds none of them.
    #[error("call the function: {0}")]
    Arguments(String),
}

type Outcome = Result<Value, FunctionError>;

/// What a function needs to know of its arguments before it can be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needs {
    /// Everything: an unknown part makes the result unknown.
    Everything,
    /// The shape: elements and members may be unknown, the arguments themselves not.
    Shape,
    /// Nothing: it looks for itself.
    Nothing,
}

/// A function as the registry has it.
struct Function {
    name: &'static str,
    least: usize,
    most: usize,
    needs: Needs,
    nulls: bool,
    /// Whether it gives something else each time that it is called.
    fresh: bool,
    run: fn(&Call<'_>) -> Outcome,
}

const MANY: usize = usize::MAX;

const fn function(name: &'static str, least: usize, most: usize, run: fn(&Call<'_>) -> Outcome) -> Function {
    Function { name, least, most, needs: Needs::Everything, nulls: false, fresh: false, run }
}

impl Function {
    /// Its arguments may hold unknown elements.
    const fn shape(mut self) -> Self {
        self.needs = Needs::Shape;
        self
    }

    /// Its arguments may be unknown.
    const fn unknowns(mut self) -> Self {
        self.needs = Needs::Nothing;
        self
    }

    /// It gives something else each time that it is called, whatever its arguments: known after apply.
    const fn fresh(mut self) -> Self {
        self.fresh = true;
        self
    }

    /// Its arguments may be null.
    const fn nulls(mut self) -> Self {
        self.nulls = true;
        self
    }
}

/// Every function, by name in the order of the alphabet.
const FUNCTIONS: &[Function] = &[
    function("abs", 1, 1, numbers::abs),
    function("abspath", 1, 1, files::abspath),
    function("alltrue", 1, 1, collections::alltrue).unknowns(),
    function("anytrue", 1, 1, collections::anytrue).unknowns(),
    function("base64decode", 1, 1, encoding::base64decode),
    function("base64encode", 1, 1, encoding::base64encode),
    function("base64gzip", 1, 1, types::not_repeatable),
    function("base64sha256", 1, 1, hash::base64sha256),
    function("base64sha512", 1, 1, hash::base64sha512),
    function("basename", 1, 1, files::basename),
    function("bcrypt", 1, 2, types::after_apply).fresh(),
    function("ceil", 1, 1, numbers::ceil),
    function("chomp", 1, 1, text::chomp),
    function("chunklist", 2, 2, lists::chunklist).shape(),
    function("cidrcontains", 2, 2, network::cidrcontains),
    function("cidrhost", 2, 2, network::cidrhost),
    function("cidrnetmask", 1, 1, network::cidrnetmask),
    function("cidrsubnet", 3, 3, network::cidrsubnet),
    function("cidrsubnets", 1, MANY, network::cidrsubnets),
    function("coalesce", 1, MANY, collections::coalesce).unknowns().nulls(),
    function("coalescelist", 1, MANY, collections::coalescelist).unknowns().nulls(),
    function("compact", 1, 1, lists::compact).unknowns(),
    function("concat", 1, MANY, lists::concat).unknowns(),
    function("contains", 2, 2, collections::contains).unknowns(),
    function("csvdecode", 1, 1, encoding::csvdecode),
    function("dirname", 1, 1, files::dirname),
    function("distinct", 1, 1, lists::distinct).unknowns(),
    function("element", 2, 2, lists::element).unknowns(),
    function("endswith", 2, 2, text::endswith).unknowns(),
    function("ephemeralasnull", 1, 1, types::ephemeralasnull).unknowns().nulls(),
    function("file", 1, 1, files::file),
    function("filebase64", 1, 1, files::filebase64),
    function("filebase64sha256", 1, 1, files::filebase64sha256),
    function("filebase64sha512", 1, 1, files::filebase64sha512),
    function("fileexists", 1, 1, files::fileexists),
    function("filemd5", 1, 1, files::filemd5),
    function("fileset", 2, 2, files::fileset),
    function("filesha1", 1, 1, files::filesha1),
    function("filesha256", 1, 1, files::filesha256),
    function("filesha512", 1, 1, files::filesha512),
    function("flatten", 1, 1, lists::flatten).unknowns(),
    function("floor", 1, 1, numbers::floor),
    function("format", 1, MANY, format::format).unknowns().nulls(),
    function("formatdate", 2, 2, time::formatdate),
    function("formatlist", 1, MANY, format::formatlist).unknowns().nulls(),
    function("indent", 2, 2, text::indent).unknowns(),
    function("index", 2, 2, collections::index).unknowns(),
    function("issensitive", 1, 1, types::issensitive).unknowns().nulls(),
    function("join", 2, MANY, text::join).unknowns(),
    function("jsondecode", 1, 1, encoding::jsondecode).unknowns(),
    function("jsonencode", 1, 1, encoding::jsonencode).unknowns().nulls(),
    function("keys", 1, 1, collections::keys).shape(),
    function("length", 1, 1, collections::length).shape(),
    function("list", 0, MANY, types::list).unknowns().nulls(),
    function("log", 2, 2, numbers::log),
    function("lookup", 2, 3, collections::lookup).unknowns().nulls(),
    function("lower", 1, 1, text::lower).unknowns(),
    function("map", 0, MANY, types::map).unknowns().nulls(),
    function("matchkeys", 3, 3, collections::matchkeys).unknowns(),
    function("max", 1, MANY, numbers::max),
    function("md5", 1, 1, hash::md5),
    function("merge", 0, MANY, collections::merge).unknowns().nulls(),
    function("min", 1, MANY, numbers::min),
    function("nonsensitive", 1, 1, types::nonsensitive).unknowns().nulls(),
    function("one", 1, 1, collections::one).shape(),
    function("parseint", 2, 2, numbers::parseint),
    function("pathexpand", 1, 1, files::pathexpand),
    function("plantimestamp", 0, 0, types::after_apply).fresh(),
    function("pow", 2, 2, numbers::pow),
    function("range", 1, 3, numbers::range),
    function("regex", 2, 2, patterns::regex),
    function("regexall", 2, 2, patterns::regexall),
    function("replace", 3, 3, replace::replace).unknowns(),
    function("reverse", 1, 1, lists::reverse).shape(),
    function("rsadecrypt", 2, 2, types::sensitive).unknowns(),
    function("sensitive", 1, 1, types::sensitive).unknowns().nulls(),
    function("setintersection", 1, MANY, sets::setintersection),
    function("setproduct", 2, MANY, sets::setproduct).shape(),
    function("setsubtract", 2, 2, sets::setsubtract).unknowns(),
    function("setunion", 1, MANY, sets::setunion).unknowns(),
    function("sha1", 1, 1, hash::sha1),
    function("sha256", 1, 1, hash::sha256),
    function("sha512", 1, 1, hash::sha512),
    function("signum", 1, 1, numbers::signum),
    function("slice", 3, 3, lists::slice).unknowns(),
    function("sort", 1, 1, lists::sort),
    function("split", 2, 2, text::split),
    function("startswith", 2, 2, text::startswith).unknowns(),
    function("strcontains", 2, 2, text::strcontains).unknowns(),
    function("strrev", 1, 1, text::strrev),
    function("substr", 3, 3, text::substr).unknowns(),
    function("sum", 1, 1, numbers::sum),
    function("textdecodebase64", 2, 2, encoding::textdecodebase64),
    function("textencodebase64", 2, 2, encoding::textencodebase64),
    function("timeadd", 2, 2, time::timeadd),
    function("timecmp", 2, 2, time::timecmp),
    function("timestamp", 0, 0, types::after_apply).fresh(),
    function("title", 1, 1, text::title),
    function("tobool", 1, 1, types::tobool).unknowns().nulls(),
    function("tolist", 1, 1, types::tolist).unknowns().nulls(),
    function("tomap", 1, 1, types::tomap).unknowns().nulls(),
    function("tonumber", 1, 1, types::tonumber).unknowns().nulls(),
    function("toset", 1, 1, types::toset).unknowns().nulls(),
    function("tostring", 1, 1, types::tostring).unknowns().nulls(),
    function("transpose", 1, 1, collections::transpose),
    function("trim", 2, 2, text::trim).unknowns(),
    function("trimprefix", 2, 2, text::trimprefix).unknowns(),
    function("trimspace", 1, 1, text::trimspace).unknowns(),
    function("trimsuffix", 2, 2, text::trimsuffix).unknowns(),
    function("upper", 1, 1, text::upper).unknowns(),
    function("urldecode", 1, 1, encoding::urldecode),
    function("urlencode", 1, 1, encoding::urlencode),
    function("uuid", 0, 0, types::after_apply).fresh(),
    function("uuidv5", 2, 2, hash::uuidv5),
    function("values", 1, 1, collections::values).shape(),
    function("yamldecode", 1, 1, yaml::yamldecode),
    function("yamlencode", 1, 1, yaml::yamlencode).unknowns().nulls(),
    function("zipmap", 2, 2, collections::zipmap).unknowns(),
];

/// Calls the function `name`, with or without the prefix `core::`.
///
/// # Errors
///
/// Where there is no such function, or it does not take these arguments: what Terraform reports as
/// an error, and `try` and `can` catch.
pub(crate) fn call(name: &str, args: &[Value], at: &Files) -> Outcome {
    let bare = name.strip_prefix("core::").unwrap_or(name);
    let function = find(bare).ok_or_else(|| FunctionError::Unknown(bounded(bare)))?;
    if args.len() < function.least || args.len() > function.most {
        return Err(FunctionError::Arguments(format!("{bare} does not take {} arguments", args.len())));
    }
    if !function.nulls && args.iter().any(Value::is_null) {
        return Err(FunctionError::Arguments(format!("an argument of {bare} is null")));
    }
    let survey = Survey::of(args).ok_or_else(|| FunctionError::Arguments(format!("{bare} was given too much")))?;
    let enough = match function.needs {
        Needs::Everything => survey.known,
        Needs::Shape => survey.shaped,
        Needs::Nothing => true,
    };
    if !enough && !function.fresh {
        return Ok(unknown::of_call(function.name, args));
    }
    (function.run)(&Call { name: function.name, args, at })
}

/// Whether the function of this name gives something else each time that it is called.
pub(crate) fn is_fresh(name: &str) -> bool {
    find(name.strip_prefix("core::").unwrap_or(name)).is_some_and(|function| function.fresh)
}

fn find(name: &str) -> Option<&'static Function> {
    FUNCTIONS.binary_search_by(|function| function.name.cmp(name)).ok().and_then(|at| FUNCTIONS.get(at))
}

/// A name out of code, short enough for a message.
fn bounded(name: &str) -> String {
    name.chars().take(60).collect()
}
