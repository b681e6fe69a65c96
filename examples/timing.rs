use std::time::Instant;
use tickmark::control::load::{Library, LoadedControl, parse};
fn main() {
    let t = Instant::now();
    let l = Library::load(None).map_err(|_| ()).unwrap();
    println!("load {:?}", t.elapsed());
    let texts: Vec<_> = l.controls.values().map(|c| (c.file.clone(), c.text.clone())).collect();
    let t = Instant::now();
    let parsed: Vec<tickmark::model::control::Control> =
        texts.iter().map(|(f, x)| parse(f, x).map_err(|_| ()).unwrap()).collect();
    println!("yaml {:?} {} bytes", t.elapsed(), texts.iter().map(|t| t.1.len()).sum::<usize>());
    let json: Vec<Vec<u8>> = parsed.iter().map(|c| serde_json::to_vec(c).unwrap()).collect();
    let t = Instant::now();
    let _p: Vec<tickmark::model::control::Control> = json.iter().map(|c| serde_json::from_slice(c).unwrap()).collect();
    println!("json {:?}", t.elapsed());
    let t = Instant::now();
    let mut e = Vec::new();
    for c in &parsed {
        e.push(tickmark::control::expression::Expression::compile(&c.assert).map_err(|_| ()).unwrap());
        if let Some(w) = &c.when {
            e.push(tickmark::control::expression::Expression::compile(w).map_err(|_| ()).unwrap());
        }
    }
    println!("cel {:?}", t.elapsed());
    let t = Instant::now();
    for c in parsed {
        let _ = LoadedControl::compile("", "", c);
    }
    println!("compile with schema {:?}", t.elapsed());
}
