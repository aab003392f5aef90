//! The little Markdown that generated pages have, as HTML: headings, paragraphs, lists and tables.

use super::escaped;
use super::table::Table;

/// The page without its first heading, the others one level lower.
pub fn html(page: &str) -> String {
    let mut html = String::new();
    let blocks = page
        .split("\n\n")
        .map(str::trim)
        .filter(|block| !block.is_empty());
    for block in blocks {
        let level = block.chars().take_while(|c| *c == '#').count();
        let (first, rest) = block.split_once('\n').unwrap_or((block, ""));
        if level > 0 {
            if level > 1 {
                let name = text(first.trim_start_matches('#').trim());
                html += &format!("<h{0}>{name}</h{0}>\n", (level + 1).min(6));
            }
            html += &self::html(rest);
        } else if block.starts_with('|') {
            html += &table(block).html();
        } else if block.starts_with("* ") || block.starts_with("- ") {
            let items = block.split("\n* ").flat_map(|part| part.split("\n- "));
            let items: String = items
                .map(|item| {
                    format!(
                        "<li>{}</li>\n",
                        text(item.trim_start_matches(['*', '-', ' ']))
                    )
                })
                .collect();
            html += &format!("<ul>\n{items}</ul>\n");
        } else if !block.starts_with("<!--") {
            html += &format!("<p>{}</p>\n", text(block));
        }
    }
    html
}

/// Text with code between backquotes.
fn text(markdown: &str) -> String {
    let parts = markdown
        .split('`')
        .enumerate()
        .map(|(index, part)| match index % 2 {
            0 => escaped(part),
            _ => format!("<code>{}</code>", escaped(part)),
        });
    parts.collect()
}

fn table(block: &str) -> Table {
    let cells = |line: &str| -> Vec<String> {
        let line = line.trim().trim_start_matches('|').trim_end_matches('|');
        line.split('|')
            .map(|cell| cell.trim().replace('`', ""))
            .collect()
    };
    let mut lines = block.lines();
    let head = lines.next().map(cells).unwrap_or_default();
    let rows = lines.filter(|line| line.contains(|c: char| !"|-: ".contains(c)));
    Table {
        head,
        words: 1,
        rows: rows.map(cells).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_generated_pages_have_comes_through() {
        let page = "# Top\n\nA `b` < c.\n\n## Part\n\n| x | n |\n|---|---:|\n| `y` | 3 |\n\n* one\n* two\n";
        let html = html(page);
        for piece in [
            "<p>A <code>b</code> &lt; c.</p>",
            "<h3>Part</h3>",
            ">n</th>",
            ">y</td>",
            ">3</td>",
            "<li>two</li>",
        ] {
            assert!(html.contains(piece), "{piece} in {html}");
        }
        assert!(!html.contains("Top"));
    }
}
