//! Runs all pages and reports as the test harness of Rust does, so that tools which read such reports can count.

use std::fs;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::ExitCode;

use crate::block::Kind;
use crate::golden::{Edit, apply};
use crate::homes;
use crate::markdown::{Page, Section};
use crate::run::{Preludes, Report, section};

/// What the command line asks for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Options {
    /// Whether goldens are rewritten.
    pub bless: bool,
    /// Whether tests are listed rather than run.
    pub list: bool,
    /// Whether a filter is a whole name.
    pub exact: bool,
    /// Whether each test has a line.
    pub quiet: bool,
    /// Whether only ignored tests run, of which there are none.
    pub ignored: bool,
    /// Parts of the names of tests to run; all where there are none.
    pub filters: Vec<String>,
    /// Parts of the names of tests to leave out.
    pub skip: Vec<String>,
}

impl Options {
    /// Reads arguments. Those of Rust's own harness that mean nothing here are taken and passed over.
    pub fn read(args: impl Iterator<Item = String>) -> Self {
        let mut options = Self::default();
        let mut args = args;
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--bless" => options.bless = true,
                "--list" => options.list = true,
                "--exact" => options.exact = true,
                "--quiet" | "-q" => options.quiet = true,
                "--ignored" => options.ignored = true,
                "--skip" => options.skip.extend(args.next()),
                "--test-threads" | "--format" | "--color" | "--logfile" | "-Z" => {
                    args.next();
                }
                flag if flag.starts_with('-') => {}
                filter => options.filters.push(filter.to_owned()),
            }
        }
        options
    }

    fn takes(&self, name: &str) -> bool {
        let fits = |filter: &String| if self.exact { name == filter } else { name.contains(filter.as_str()) };
        let wanted = self.filters.is_empty() || self.filters.iter().any(fits);
        wanted && !self.ignored && !self.skip.iter().any(fits)
    }
}

/// What a run counts.
#[derive(Debug, Default)]
struct Counts {
    passed: usize,
    filtered: usize,
    blocks: usize,
    codes: usize,
    blessed: usize,
    failed: Vec<(String, Vec<String>)>,
}

/// Runs the pages of this repository.
pub fn main(args: impl Iterator<Item = String>) -> ExitCode {
    let options = Options::read(args);
    let mut out = io::stdout().lock();
    match run(&homes::root(), &options, &mut out) {
        Ok(true) => ExitCode::SUCCESS,
        // The code by which Rust's own harness says that tests failed.
        Ok(false) => ExitCode::from(101),
        Err(error) => {
            let _ = writeln!(out, "error: {error}");
            ExitCode::from(101)
        }
    }
}

/// Runs the pages below a root; whether all is well.
///
/// # Errors
/// What hinders reading or writing a file.
pub fn run(root: &Path, options: &Options, out: &mut dyn Write) -> io::Result<bool> {
    let mut pages = homes::pages(root)?;
    if options.list {
        return list(&pages, options, out);
    }
    let name = |page: &Page, section: &Section| format!("{}::{}", page.path, section.name);
    let all = pages.iter().flat_map(|page| page.sections.iter().map(|section| name(page, section)));
    let total = all.filter(|name| options.takes(name)).count();
    writeln!(out, "\nrunning {total} tests")?;
    let mut counts = Counts { codes: holdpoint_lang::diag::Code::ALL.len(), ..Counts::default() };
    for page in &mut pages {
        run_page(root, page, options, &mut counts, out)?;
    }
    close(&pages, &counts, out)?;
    Ok(counts.failed.is_empty())
}

fn list(pages: &[Page], options: &Options, out: &mut dyn Write) -> io::Result<bool> {
    for page in pages {
        for section in &page.sections {
            let name = format!("{}::{}", page.path, section.name);
            if options.takes(&name) {
                writeln!(out, "{name}: test")?;
            }
        }
    }
    Ok(true)
}

fn run_page(
    root: &Path,
    page: &mut Page,
    options: &Options,
    counts: &mut Counts,
    out: &mut dyn Write,
) -> io::Result<()> {
    let preludes = Preludes::of(page);
    let mut edits: Vec<Edit> = Vec::new();
    for tested in &page.sections {
        let name = format!("{}::{}", page.path, tested.name);
        if !options.takes(&name) {
            counts.filtered = counts.filtered.saturating_add(1);
            continue;
        }
        let report = guarded(tested, &preludes);
        let mut failures = lines(page, &report.failures);
        for (line, difference, edit) in report.stale {
            if options.bless {
                edits.push(edit);
            } else {
                let words =
                    format!("this block is not what it shows; `cargo bless` rewrites it\n{difference}");
                failures.extend(lines(page, &[(line, words)]));
            }
        }
        counts.blocks =
            counts.blocks.saturating_add(tested.blocks.iter().filter(|b| !is_prose(&b.kind)).count());
        verdict(name, failures, options, counts, out)?;
    }
    if !page.mistakes.is_empty() {
        let failures = lines(page, &page.mistakes);
        verdict(format!("{} (the page itself)", page.path), failures, options, counts, out)?;
    }
    if !edits.is_empty() {
        fs::write(root.join(&page.path), apply(&page.lines, &edits))?;
        counts.blessed = counts.blessed.saturating_add(edits.len());
        writeln!(out, "blessed {}: {} blocks", page.path, edits.len())?;
    }
    Ok(())
}

const fn is_prose(kind: &Kind) -> bool {
    matches!(kind, Kind::Prose { .. })
}

/// A panic while a section runs is a failure of that section, not of the run.
fn guarded(tested: &Section, preludes: &Preludes) -> Report {
    catch_unwind(AssertUnwindSafe(|| section(tested, preludes))).unwrap_or_else(|_| {
        let line = tested.blocks.first().map_or(1, |block| block.line);
        Report { failures: vec![(line, "a panic".to_owned())], ..Report::default() }
    })
}

fn lines(page: &Page, found: &[(usize, String)]) -> Vec<String> {
    found.iter().map(|(line, words)| format!("{}:{line}: {words}", page.path)).collect()
}

fn verdict(
    name: String,
    failures: Vec<String>,
    options: &Options,
    counts: &mut Counts,
    out: &mut dyn Write,
) -> io::Result<()> {
    let word = if failures.is_empty() { "ok" } else { "FAILED" };
    if !options.quiet || !failures.is_empty() {
        writeln!(out, "test {name} ... {word}")?;
    }
    if failures.is_empty() {
        counts.passed = counts.passed.saturating_add(1);
    } else {
        counts.failed.push((name, failures));
    }
    Ok(())
}

fn close(pages: &[Page], counts: &Counts, out: &mut dyn Write) -> io::Result<()> {
    if !counts.failed.is_empty() {
        writeln!(out, "\nfailures:\n")?;
        for (name, failures) in &counts.failed {
            writeln!(out, "---- {name} ----")?;
            for failure in failures {
                writeln!(out, "{}", failure.trim_end())?;
            }
            writeln!(out)?;
        }
        writeln!(out, "failures:")?;
        for (name, _) in &counts.failed {
            writeln!(out, "    {name}")?;
        }
    }
    let clauses: usize = pages.iter().map(|page| page.clauses.len()).sum();
    let word = if counts.failed.is_empty() { "ok" } else { "FAILED" };
    let (passed, failed, filtered) = (counts.passed, counts.failed.len(), counts.filtered);
    writeln!(
        out,
        "\ntest result: {word}. {passed} passed; {failed} failed; 0 ignored; 0 measured; {filtered} filtered out"
    )?;
    writeln!(
        out,
        "{} pages, {clauses} clauses, {} codes; {} blocks run, {} rewritten\n",
        pages.len(),
        counts.codes,
        counts.blocks,
        counts.blessed
    )
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{Options, run};

    fn read(args: &[&str]) -> Options {
        Options::read(args.iter().map(|arg| (*arg).to_owned()))
    }

    #[test]
    fn a_filter_is_a_part_of_a_name() {
        let options = read(&["--test-threads", "1", "--nocapture", "types", "--skip", "percent"]);
        assert!(options.takes("spec/types.md::points"));
        assert!(!options.takes("spec/types.md::percent"));
        assert!(!options.takes("spec/rules.md::points"));
        assert!(!read(&["--exact", "types"]).takes("spec/types.md::points"));
        assert!(!read(&["--ignored"]).takes("spec/types.md::points"));
    }

    #[test]
    fn blessing_rewrites_goldens_and_nothing_else() {
        let root = tempfile::tempdir().unwrap();
        let spec = root.path().join("spec");
        fs::create_dir(&spec).unwrap();
        let page = "# A\n\n```table verdicts\nold\n```\ntail\n";
        fs::write(spec.join("a.md"), page).unwrap();
        let mut out = Vec::new();
        assert!(!run(root.path(), &read(&[]), &mut out).unwrap());
        let report = String::from_utf8(out).unwrap();
        assert!(report.contains("test spec/a.md::a ... FAILED"), "{report}");
        assert!(report.contains("spec/a.md:3: this block is not what it shows"), "{report}");
        assert!(
            report.contains("test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out")
        );
        assert_eq!(fs::read_to_string(spec.join("a.md")).unwrap(), page);
        assert!(run(root.path(), &read(&["--bless"]), &mut Vec::new()).unwrap());
        let blessed = fs::read_to_string(spec.join("a.md")).unwrap();
        assert!(blessed.starts_with("# A\n\n```table verdicts\nrank  verdict\n0     allow\n"), "{blessed}");
        assert!(blessed.ends_with("3     block\n```\ntail\n"), "{blessed}");
        assert!(run(root.path(), &read(&[]), &mut Vec::new()).unwrap());
    }
}
