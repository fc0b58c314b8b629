//! Lines over the number of tickets, both axes logarithmic, as SVG.

use std::ops::Range;
use std::path::Path;

use anyhow::Result;
use plotters::coord::Shift;
use plotters::prelude::{
    ChartBuilder, Circle, Color as _, DrawingArea, IntoDrawingArea as _, IntoLogRange as _,
    IntoTextStyle as _, LineSeries, PathElement, RGBColor, SVGBackend, Text, WHITE,
};
use plotters::style::{BLACK, ShapeStyle};

/// Colours that can be told apart, also by most people who are colour-blind.
const COLOURS: [RGBColor; 12] = [
    RGBColor(0, 114, 178),
    RGBColor(86, 180, 233),
    RGBColor(0, 158, 115),
    RGBColor(213, 94, 0),
    RGBColor(204, 121, 167),
    RGBColor(120, 94, 240),
    RGBColor(160, 160, 40),
    RGBColor(110, 70, 30),
    RGBColor(20, 20, 20),
    RGBColor(220, 38, 38),
    RGBColor(120, 120, 120),
    RGBColor(240, 150, 150),
];
const PANEL: (u32, u32) = (520, 480);
const LEGEND: u32 = 270;
const TITLE: u32 = 50;

/// One panel.
#[derive(Debug, Clone)]
pub struct Chart {
    /// What the upright axis shows, with its unit.
    pub name: String,
    /// The lines.
    pub lines: Vec<Line>,
}

/// One line of a panel.
#[derive(Debug, Clone)]
pub struct Line {
    /// Its name in the legend; the same name has the same colour in all panels.
    pub name: String,
    /// Whether it is drawn thin.
    pub thin: bool,
    /// Its points: tickets, and what was measured.
    pub points: Vec<(f64, f64)>,
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Draws panels side by side, with one legend at the right.
pub(super) fn draw(path: &Path, title: &str, charts: &[Chart]) -> Result<()> {
    let panels = u32::try_from(charts.len())?;
    let size = (panels * PANEL.0 + LEGEND, PANEL.1 + TITLE);
    let root = SVGBackend::new(path, size).into_drawing_area();
    root.fill(&WHITE)?;
    let root = root.titled(title, ("sans-serif", 20))?;
    let (plots, legend) = root.split_horizontally(panels * PANEL.0);
    for (chart, area) in charts.iter().zip(plots.split_evenly((1, charts.len()))) {
        panel(&area, chart)?;
    }
    let longest = charts.iter().max_by_key(|chart| chart.lines.len());
    if let Some(chart) = longest {
        names(&legend, chart)?;
    }
    root.present()?;
    Ok(())
}

fn panel(area: &Area<'_>, chart: &Chart) -> Result<()> {
    let points = || chart.lines.iter().flat_map(|line| line.points.iter());
    let sizes = around(points().map(|point| point.0), 1.4);
    let values = around(points().map(|point| point.1), 1.5);
    let mut builder = ChartBuilder::on(area);
    let mut context = builder
        .margin(12)
        .x_label_area_size(44)
        .y_label_area_size(64)
        .build_cartesian_2d(sizes.log_scale(), values.log_scale())?;
    context
        .configure_mesh()
        .x_desc("tickets in the desk")
        .y_desc(&chart.name)
        .max_light_lines(0)
        .x_label_formatter(&|value| label(*value, &[1]))
        .y_label_formatter(&|value| label(*value, &[1, 2, 5]))
        .label_style(("sans-serif", 14))
        .axis_desc_style(("sans-serif", 15))
        .bold_line_style(BLACK.mix(0.1))
        .draw()?;
    for (place, line) in chart.lines.iter().enumerate() {
        let style = style(place, line.thin);
        context.draw_series(LineSeries::new(line.points.iter().copied(), style))?;
        let dots = line.points.iter();
        context.draw_series(dots.map(|point| Circle::new(*point, 3, colour(place).filled())))?;
    }
    Ok(())
}

/// The names of the lines, each with a piece of it.
fn names(area: &Area<'_>, chart: &Chart) -> Result<()> {
    let font = ("sans-serif", 14).into_text_style(area);
    let kinds = "thick: reading, thin: writing".to_owned();
    area.draw(&Text::new(kinds, (4, 8), font.clone()))?;
    for (place, line) in chart.lines.iter().enumerate() {
        let height = 48 + 24 * i32::try_from(place)?;
        let piece = vec![(4, height), (34, height)];
        area.draw(&PathElement::new(piece, style(place, line.thin)))?;
        area.draw(&Circle::new((19, height), 3, colour(place).filled()))?;
        area.draw(&Text::new(
            line.name.clone(),
            (42, height - 8),
            font.clone(),
        ))?;
    }
    Ok(())
}

const fn colour(place: usize) -> RGBColor {
    COLOURS[place % COLOURS.len()]
}

fn style(place: usize, thin: bool) -> ShapeStyle {
    let width = if thin { 1 } else { 3 };
    colour(place).stroke_width(width)
}

/// The range of the values and some room around them.
fn around(values: impl Iterator<Item = f64>, room: f64) -> Range<f64> {
    let (mut least, mut most) = (f64::MAX, f64::MIN_POSITIVE);
    for value in values.filter(|value| *value > 0.0) {
        least = least.min(value);
        most = most.max(value);
    }
    if least > most {
        return 1.0..10.0;
    }
    least / room..most * room
}

/// A number of an axis if it begins with one of these digits, nothing otherwise: all of them would
/// not fit.
fn label(value: f64, beginnings: &[u8]) -> String {
    let first = value / 10_f64.powf(value.log10().floor());
    let fits = |digit: &u8| (first - f64::from(*digit)).abs() < 0.01;
    if beginnings.iter().any(fits) || (first - 10.0).abs() < 0.01 {
        return number(value);
    }
    String::new()
}

/// A number as people write it: 10 000, 0.5.
fn number(value: f64) -> String {
    if value < 10.0 {
        return format!("{}", (value * 1_000.0).round() / 1_000.0);
    }
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        let written = [0.05, 0.5, 2.0, 250.0, 10_000.0, 1_000_000.0].map(number);
        assert_eq!(written, ["0.05", "0.5", "2", "250", "10 000", "1 000 000"]);
    }

    #[test]
    fn an_axis_names_few_numbers() {
        let named = [0.1, 0.2, 0.3, 5.0, 1_000.0, 2_000.0].map(|own| label(own, &[1, 5]));
        assert_eq!(named, ["0.1", "", "", "5", "1 000", ""]);
    }

    #[test]
    fn a_range_has_room_and_is_never_empty() {
        assert_eq!(around([2.0, 4.0].into_iter(), 2.0), 1.0..8.0);
        assert_eq!(around(std::iter::empty(), 2.0), 1.0..10.0);
    }
}
