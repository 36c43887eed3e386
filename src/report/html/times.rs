//! The times of the answers, drawn: a row for each kind of request, which reads as a table where it is not seen.

use maud::{Markup, html};

use crate::report::Report;
use crate::report::times::{EndpointTimes, endpoints};

pub(super) fn section(report: &Report) -> Option<Markup> {
    let times = endpoints(report);
    let scale = Scale::of(&times)?;
    Some(html! {
        p.soft {
            "From sending a request to the end of its answer. "
            span.key.median { "median" } " " span.key.p95 { "95 of 100 took no longer" } " " span.key.slowest { "slowest" }
        }
        div.wide role="region" aria-label="Table: Times of the answers" tabindex="0" {
            table.times {
                thead {
                    tr {
                        th scope="col" { "Request" }
                        th.num scope="col" { "Answers" }
                        th.num scope="col" { "Median" }
                        th.num scope="col" { "95 %" }
                        th.num scope="col" { "Slowest" }
                        th.chart scope="col" { span.axis { span { (said(scale.from)) } span { (said(scale.to)) } } }
                    }
                }
                tbody {
                    @for row in &times {
                        tr {
                            th scope="row" { code { (row.endpoint) } }
                            td.num { (row.answers) }
                            td.num { (said(row.median_us)) }
                            td.num { (said(row.p95_us)) }
                            td.num { (said(row.slowest_us)) }
                            td.chart { (drawn(row, &scale)) }
                        }
                    }
                }
            }
        }
    })
}

/// A logarithmic scale between two powers of ten, in microseconds.
struct Scale {
    from: u64,
    to: u64,
}

impl Scale {
    fn of(times: &[EndpointTimes]) -> Option<Self> {
        let least = times.iter().map(|row| row.median_us).min()?.max(1);
        let most = times.iter().map(|row| row.slowest_us).max()?.max(1);
        let from = 10_u64.saturating_pow(least.ilog10());
        let to = 10_u64.saturating_pow(most.ilog10().saturating_add(1));
        Some(Self { from, to })
    }

    /// Where a time stands, from 0 to 1000.
    fn at(&self, us: u64) -> f64 {
        let log = |us: u64| (us.max(1) as f64).log10();
        let share = (log(us) - log(self.from)) / (log(self.to) - log(self.from));
        (share.clamp(0.0, 1.0) * 1000.0).round()
    }

    fn decades(&self) -> impl Iterator<Item = u64> {
        let to = self.to;
        std::iter::successors(Some(self.from), |at| at.checked_mul(10)).take_while(move |at| *at <= to)
    }
}

fn drawn(row: &EndpointTimes, scale: &Scale) -> Markup {
    let (median, p95, slowest) = (scale.at(row.median_us), scale.at(row.p95_us), scale.at(row.slowest_us));
    html! {
        svg viewBox="0 0 1000 16" preserveAspectRatio="none" aria-hidden="true" {
            @for us in scale.decades() {
                line.grid x1=(scale.at(us)) x2=(scale.at(us)) y1="0" y2="16" {}
            }
            line.reach x1=(median) x2=(slowest) y1="8" y2="8" {}
            line.most x1=(median) x2=(p95) y1="8" y2="8" {}
            line.slowest x1=(slowest) x2=(slowest) y1="4" y2="12" {}
            line.p95 x1=(p95) x2=(p95) y1="3" y2="13" {}
            line.median x1=(median) x2=(median) y1="1" y2="15" {}
        }
    }
}

/// A time as people say it, short ones with a decimal.
fn said(us: u64) -> String {
    let ms = us as f64 / 1000.0;
    match ms {
        ms if ms < 9.95 => format!("{:.1} ms", ms).replace(".0 ms", " ms"),
        ms if ms < 999.5 => format!("{ms:.0} ms"),
        ms => format!("{:.1} s", ms / 1000.0).replace(".0 s", " s"),
    }
}
