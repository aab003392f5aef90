//! Linear least squares by the normal equations: enough for a handful of unknowns.

/// The coefficients x for which the sum of (row · x - target)² is least; `None` when the rows do not fix them.
pub fn solve<const N: usize>(rows: &[([f64; N], f64)]) -> Option<[f64; N]> {
    let mut matrix = [[0.0; N]; N];
    let mut right = [0.0; N];
    for (row, target) in rows {
        for i in 0..N {
            for j in 0..N {
                matrix[i][j] += row[i] * row[j];
            }
            right[i] += row[i] * target;
        }
    }
    for i in 0..N {
        let largest = |a: &usize, b: &usize| matrix[*a][i].abs().total_cmp(&matrix[*b][i].abs());
        let pivot = (i..N).max_by(largest)?;
        matrix.swap(i, pivot);
        right.swap(i, pivot);
        if matrix[i][i].abs() < 1e-12 {
            return None;
        }
        for k in i + 1..N {
            let factor = matrix[k][i] / matrix[i][i];
            let (above, below) = matrix.split_at_mut(k);
            for (entry, known) in below[0].iter_mut().zip(&above[i]).skip(i) {
                *entry -= factor * known;
            }
            right[k] -= factor * right[i];
        }
    }
    let mut x = [0.0; N];
    for i in (0..N).rev() {
        let known: f64 = (i + 1..N).map(|j| matrix[i][j] * x[j]).sum();
        x[i] = (right[i] - known) / matrix[i][i];
    }
    Some(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plane_is_found() {
        let points = [(1.0, 2.0), (3.0, 5.0), (-2.0, 7.0), (4.0, 4.0)];
        let rows: Vec<_> = points
            .map(|(a, b)| ([1.0, a, b], 3.0 - 2.0 * a + 0.5 * b))
            .into();
        let [constant, a, b] = solve(&rows).unwrap();
        assert!((constant - 3.0).abs() < 1e-9 && (a + 2.0).abs() < 1e-9 && (b - 0.5).abs() < 1e-9);
    }

    #[test]
    fn what_is_not_fixed_is_not_found() {
        assert_eq!(solve(&[([1.0, 2.0], 3.0), ([2.0, 4.0], 6.0)]), None);
    }
}
