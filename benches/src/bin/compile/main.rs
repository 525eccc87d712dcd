//! What a service costs to compile: generated lines, seconds, machine code, beside tonic's.
//!
//! `cargo run -p micro-bench --bin compile [-- [--shared] [--quick | SIZE...]]`
//!
//! The same contract of 10, 50 and 200 methods, each with a request and a reply of its own, is written three times:
//! contract first and code first with micro, and with tonic. All have trivial handlers and a client that calls every
//! method. What all of them depend on is built before. `clean` is the package from nothing, its build script aside;
//! `touched` is the package after a change of one handler's body. Everything is a debug build, and every repetition is
//! printed. `--quick` measures 10 methods once. With `--shared` all methods have the same request and reply, which is no
//! contract to grow with, but shows what services cost without messages. It fails when a change of a handler makes the build
//! script write anew.

mod measure;
mod project;

use std::path::Path;

use measure::Generated;
use project::{Messages, Project, Stack};

type AnyError = Box<dyn std::error::Error + Send + Sync>;

const SIZES: [usize; 3] = [10, 50, 200];
const REPETITIONS: u32 = 3;

fn main() -> Result<(), AnyError> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let all = arguments.len();
    arguments.retain(|argument| argument != "--shared");
    let messages = if arguments.len() < all { Messages::Shared } else { Messages::Own };
    let (sizes, repetitions) = match arguments.as_slice() {
        [] => (SIZES.to_vec(), REPETITIONS),
        [quick] if quick == "--quick" => (vec![10], 1),
        sizes => (sizes.iter().map(|size| read_size(size)).collect::<Result<_, _>>()?, REPETITIONS),
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("the package lies in the workspace")?;
    let scratch = tempfile::tempdir()?;
    println!(
        "debug builds of services of {sizes:?} methods, {} cores, seconds of every repetition",
        std::thread::available_parallelism()?
    );
    // Twice: a program of one method shows what of the machine code is not the methods'.
    let mut projects = Vec::new();
    for stack in Stack::ALL {
        let alone = Project { stack, methods: 1, messages };
        projects.push(alone);
        projects.extend(sizes.iter().map(|size| alone.with(*size)));
    }
    project::write(scratch.path(), root, &projects)?;
    for project in &projects {
        measure::build(scratch.path(), project)?;
    }
    println!("{:>7}  {:<14} {:>16} {:>9}  seconds", "methods", "stack", "lines a method", "text kB");
    for size in sizes {
        let mut medians = Vec::new();
        for stack in Stack::ALL {
            medians.push(report(scratch.path(), &Project { stack, methods: size, messages }, repetitions)?);
        }
        if let [first, code, tonic] = &medians[..] {
            for (name, ours) in [("contract first", first), ("code first", code)] {
                println!(
                    "{size:>7}  {name} to tonic: clean {:.2}, touched {:.2}, text {:.2}",
                    ours.clean / tonic.clean,
                    ours.touched / tonic.touched,
                    ours.text / tonic.text
                );
            }
        }
    }
    Ok(())
}

fn read_size(argument: &str) -> Result<usize, AnyError> {
    let size = argument.parse().ok().filter(|size| *size > 0);
    size.ok_or_else(|| {
        format!("`{argument}` is no number of methods; usage: compile [--shared] [--quick | SIZE...]").into()
    })
}

/// What a project costs, in the middle of its repetitions.
struct Medians {
    clean: f64,
    touched: f64,
    text: f64,
}

/// Measures one project and prints its line.
fn report(scratch: &Path, project: &Project, repetitions: u32) -> Result<Medians, AnyError> {
    let (mut clean, mut touched) = (Vec::new(), Vec::new());
    let generated = Generated::of(scratch, project)?;
    let written = generated.as_ref().map(Generated::written).transpose()?;
    for repetition in 1..=repetitions {
        measure::forget(scratch, project)?;
        clean.push(measure::build(scratch, project)?);
        project.change(scratch, repetition)?;
        touched.push(measure::build(scratch, project)?);
    }
    let alone = measure::text(scratch, &project.with(1))?;
    let text = measure::text(scratch, project)?.saturating_sub(alone) as f64 / 1_000.0;
    let lines = match &generated {
        Some(generated) => format!("{:.1}", generated.lines()? as f64 / project.methods as f64),
        None => "by the macro".to_owned(),
    };
    if generated.as_ref().map(Generated::written).transpose()? != written {
        return Err(
            format!("{}: a handler's body changed, and code was generated anew", project.package()).into()
        );
    }
    println!(
        "{:>7}  {:<14} {lines:>16} {text:>9.0}  clean {}  touched {}",
        project.methods,
        project.stack.name(),
        shown(&clean),
        shown(&touched)
    );
    Ok(Medians { clean: median(&clean), touched: median(&touched), text })
}

fn shown(seconds: &[f64]) -> String {
    seconds.iter().map(|second| format!("{second:.2}")).collect::<Vec<_>>().join(" ")
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}
