//! A table that is written as HTML, as Markdown, and as CSV.

use std::fmt::Write;

/// Rows of text under a heading each; the first `words` columns are text, the others numbers.
pub struct Table {
    /// Headings.
    pub head: Vec<String>,
    /// Columns of text.
    pub words: usize,
    /// Rows.
    pub rows: Vec<Vec<String>>,
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

impl Table {
    /// A table without rows.
    pub fn new(words: usize, head: &[&str]) -> Self {
        Self {
            head: head.iter().map(|name| (*name).into()).collect(),
            words,
            rows: Vec::new(),
        }
    }

    /// As HTML.
    pub fn html(&self) -> String {
        if self.rows.is_empty() {
            return "<p>Not measured.</p>\n".into();
        }
        let row = |tag: &str, cells: &[String]| {
            let cells = cells.iter().enumerate().map(|(column, cell)| {
                let class = if column < self.words {
                    ""
                } else {
                    " class=\"n\""
                };
                format!("<{tag}{class}>{}</{tag}>", escaped(cell))
            });
            format!("<tr>{}</tr>\n", cells.collect::<String>())
        };
        let rows: String = self.rows.iter().map(|cells| row("td", cells)).collect();
        format!(
            "<div class=\"wide\"><table>\n{}{rows}</table></div>\n",
            row("th", &self.head)
        )
    }

    /// As Markdown.
    pub fn markdown(&self) -> String {
        let mut text = format!("| {} |\n|", self.head.join(" | "));
        for column in 0..self.head.len() {
            text += if column < self.words { "---|" } else { "---:|" };
        }
        text.push('\n');
        for row in &self.rows {
            let _ = writeln!(text, "| {} |", row.join(" | "));
        }
        text
    }
}
