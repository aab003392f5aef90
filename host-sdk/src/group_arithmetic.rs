//! Addition, subtraction, multiplication by scalars and sums: all those of the inner group.

use ark_ec::CurveGroup;
use ark_std::{
    borrow::Borrow,
    iter::Sum,
    ops::{Add, AddAssign, Mul, MulAssign, Sub, SubAssign},
};

use crate::group::{AcceleratedAffine, AcceleratedGroup};

macro_rules! assign {
    ($assign:ident, $method:ident, $other:ident, $($reference:tt)*) => {
        impl<'a, C: CurveGroup> $assign<$($reference)* $other<C>> for AcceleratedGroup<C> {
            fn $method(&mut self, other: $($reference)* $other<C>) {
                self.0.$method(other.0);
            }
        }
    };
}

macro_rules! operator {
    ($operator:ident, $method:ident, $assign:ident, $assign_method:ident) => {
        assign!($assign, $assign_method, AcceleratedGroup,);
        assign!($assign, $assign_method, AcceleratedGroup, &'a);
        assign!($assign, $assign_method, AcceleratedGroup, &'a mut);
        assign!($assign, $assign_method, AcceleratedAffine,);
        assign!($assign, $assign_method, AcceleratedAffine, &'a);

        impl<C: CurveGroup, T> $operator<T> for AcceleratedGroup<C>
        where
            Self: $assign<T>,
        {
            type Output = Self;
            fn $method(mut self, other: T) -> Self {
                self.$assign_method(other);
                self
            }
        }

        impl<C: CurveGroup, T> $operator<T> for AcceleratedAffine<C>
        where
            AcceleratedGroup<C>: $assign<T>,
        {
            type Output = AcceleratedGroup<C>;
            fn $method(self, other: T) -> AcceleratedGroup<C> {
                AcceleratedGroup::from(self).$method(other)
            }
        }
    };
}

operator!(Add, add, AddAssign, add_assign);
operator!(Sub, sub, SubAssign, sub_assign);

impl<C: CurveGroup, T: Borrow<C::ScalarField>> MulAssign<T> for AcceleratedGroup<C> {
    fn mul_assign(&mut self, scalar: T) {
        self.0 *= scalar.borrow();
    }
}

impl<C: CurveGroup, T: Borrow<C::ScalarField>> Mul<T> for AcceleratedGroup<C> {
    type Output = Self;
    fn mul(mut self, scalar: T) -> Self {
        self *= scalar;
        self
    }
}

impl<C: CurveGroup, T: Borrow<C::ScalarField>> Mul<T> for AcceleratedAffine<C> {
    type Output = AcceleratedGroup<C>;
    fn mul(self, scalar: T) -> AcceleratedGroup<C> {
        AcceleratedGroup(self.0 * scalar.borrow())
    }
}

impl<C: CurveGroup> Sum<AcceleratedGroup<C>> for AcceleratedGroup<C> {
    fn sum<I: Iterator<Item = Self>>(points: I) -> Self {
        Self(points.map(|point| point.0).sum())
    }
}

impl<'a, C: CurveGroup> Sum<&'a AcceleratedGroup<C>> for AcceleratedGroup<C> {
    fn sum<I: Iterator<Item = &'a Self>>(points: I) -> Self {
        Self(points.map(|point| point.0).sum())
    }
}

impl<C: CurveGroup> Sum<AcceleratedAffine<C>> for AcceleratedGroup<C> {
    fn sum<I: Iterator<Item = AcceleratedAffine<C>>>(points: I) -> Self {
        Self(points.map(|point| point.0).sum())
    }
}

impl<'a, C: CurveGroup> Sum<&'a AcceleratedAffine<C>> for AcceleratedGroup<C> {
    fn sum<I: Iterator<Item = &'a AcceleratedAffine<C>>>(points: I) -> Self {
        Self(points.map(|point| point.0).sum())
    }
}
