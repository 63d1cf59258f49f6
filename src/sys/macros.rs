//! What every file of this floor is made of: sets of flags, sets of constants, and the
//! comparison of a struct with the kernel's.

/// A set of the kernel's flags. Bits that have no name here survive.
macro_rules! flags {
    ($(
        $(#[$outer:meta])*
        pub struct $Name:ident: $Integer:ty {
            $($(#[$($inner:tt)*])* $FLAG:ident = $value:expr;)*
        }
    )*) => {$(
        bitflags::bitflags! {
            $(#[$outer])*
            #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
            #[repr(transparent)]
            pub struct $Name: $Integer {
                $($(#[$($inner)*])* const $FLAG = $value as $Integer;)*
                const _ = !0;
            }
        }

        impl From<$Name> for $crate::arch::Arg {
            #[inline(always)]
            fn from(flags: $Name) -> Self {
                flags.bits().into()
            }
        }
    )*};
}

/// A number that stands for one of several things. Numbers that have no name here survive.
macro_rules! constants {
    ($(
        $(#[$outer:meta])*
        pub struct $Name:ident: $Integer:ty {
            $($(#[$inner:meta])* $CONSTANT:ident = $value:expr;)*
        }
    )*) => {$(
        $(#[$outer])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(transparent)]
        pub struct $Name($Integer);

        impl $Name {
            $($(#[$inner])* pub const $CONSTANT: Self = Self($value as $Integer);)*

            /// The one with this number, whether or not it has a name here.
            #[must_use]
            pub const fn from_raw(number: $Integer) -> Self {
                Self(number)
            }

            /// The kernel's number.
            #[must_use]
            pub const fn raw(self) -> $Integer {
                self.0
            }
        }

        impl From<$Name> for $crate::arch::Arg {
            #[inline(always)]
            fn from(constant: $Name) -> Self {
                constant.0.into()
            }
        }
    )*};
}

/// Compares a struct with the kernel's as `linux-raw-sys` has it: size, alignment, and the
/// offset and size of every field. A field that is left out does not compile; one that has
/// no size stands after the semicolon.
macro_rules! assert_layout {
    ($Own:ident, $Raw:ty, { $($own:ident = $raw:ident),+ $(,)? $(; $marker:ident)? }) => {
        const _: () = {
            const fn size_of_field<T, F>(_: fn(&T) -> &F) -> usize {
                size_of::<F>()
            }
            #[allow(dead_code)]
            fn every_field_is_named(own: &$Own) {
                let $Own { $($own: _,)+ $($marker: _)? } = own;
            }
            assert!(size_of::<$Own>() == size_of::<$Raw>());
            assert!(align_of::<$Own>() == align_of::<$Raw>());
            $(
                assert!(core::mem::offset_of!($Own, $own) == core::mem::offset_of!($Raw, $raw));
                assert!(
                    size_of_field::<$Own, _>(|own| &own.$own)
                        == size_of_field::<$Raw, _>(|raw| &raw.$raw)
                );
            )+
        };
    };
}

pub(crate) use {assert_layout, constants, flags};
