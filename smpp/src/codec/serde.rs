//! `Serialize` and `Deserialize`, behind the feature `serde`.
//!
//! PDUs and structures are maps of their fields by name, integers are numbers, strings are text where they are UTF-8
//! and `{"hex": "…"}` where they are not, TLVs a list of `{"tag": …, "hex": "…"}`. When deserializing, what is missing
//! has its default and what is unknown is an error.
//!
//! The macros are called for every generated type; without the feature they are empty, so that generated code is the
//! same either way.

#[cfg(feature = "serde")]
#[doc(hidden)]
pub use present::{FromContent, Map};
#[cfg(feature = "serde")]
#[doc(hidden)]
pub use serde as __serde;

#[cfg(not(feature = "serde"))]
mod absent {
    #[doc(hidden)]
    #[macro_export]
    macro_rules! __pdu_serde {
        ($($tokens:tt)*) => {};
    }

    #[doc(hidden)]
    #[macro_export]
    macro_rules! __element_serde {
        ($($tokens:tt)*) => {};
    }

    #[doc(hidden)]
    #[macro_export]
    macro_rules! __integer_serde {
        ($($tokens:tt)*) => {};
    }
}

#[cfg(feature = "serde")]
mod present {
    use std::fmt;

    use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
    use serde::ser::{Error as _, Serialize, SerializeMap, SerializeSeq, Serializer};

    use crate::codec::{COctetString, Element, List, OctetString, RawTlv, Tlvs, WireInteger};

    /// What a field can be in a self-describing format.
    pub enum Content {
        Integer(u64),
        Octets(Vec<u8>),
        Elements(Vec<Map>),
    }

    /// The fields of a PDU or structure as they stand in the input.
    #[derive(Default)]
    pub struct Map(pub Vec<(String, Content)>);

    /// A field that can be made of what stands in the input.
    pub trait FromContent: Sized {
        /// The field, or what is expected instead.
        fn from_content(content: Content) -> Result<Self, &'static str>;
    }

    impl<T: WireInteger> FromContent for T {
        fn from_content(content: Content) -> Result<Self, &'static str> {
            match content {
                Content::Integer(number) => Self::from_u64(number).ok_or("a smaller number"),
                _ => Err("a number"),
            }
        }
    }

    impl FromContent for COctetString<'_> {
        fn from_content(content: Content) -> Result<Self, &'static str> {
            octets(content).map(Self::from)
        }
    }

    impl FromContent for OctetString<'_> {
        fn from_content(content: Content) -> Result<Self, &'static str> {
            octets(content).map(Self::from)
        }
    }

    impl<'a, T: Element<'a> + TryFrom<Map, Error = &'static str>> FromContent for List<'a, T> {
        fn from_content(content: Content) -> Result<Self, &'static str> {
            match content {
                Content::Elements(elements) => elements.into_iter().map(T::try_from).collect(),
                // An empty sequence tells nothing of what it is a sequence of.
                Content::Octets(octets) if octets.is_empty() => Ok(Self::default()),
                _ => Err("a list of structures"),
            }
        }
    }

    fn octets(content: Content) -> Result<Vec<u8>, &'static str> {
        match content {
            Content::Octets(octets) => Ok(octets),
            _ => Err("a string, octets or {\"hex\": …}"),
        }
    }

    fn from_hex(text: &str) -> Option<Vec<u8>> {
        let digits: Vec<u8> = text.chars().map(|c| Some(c.to_digit(16)? as u8)).collect::<Option<_>>()?;
        digits.len().is_multiple_of(2).then(|| digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect())
    }

    fn to_hex(octets: &[u8]) -> String {
        octets.iter().map(|octet| format!("{octet:02x}")).collect()
    }

    impl<'de> Deserialize<'de> for Content {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct ContentVisitor;

            impl<'de> Visitor<'de> for ContentVisitor {
                type Value = Content;

                fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str("a number, a string, {\"hex\": …} or a list of structures")
                }

                fn visit_u64<E: de::Error>(self, number: u64) -> Result<Content, E> {
                    Ok(Content::Integer(number))
                }

                fn visit_i64<E: de::Error>(self, number: i64) -> Result<Content, E> {
                    let number = u64::try_from(number);
                    number.map(Content::Integer).map_err(|_| E::custom("a number below 0"))
                }

                fn visit_str<E: de::Error>(self, text: &str) -> Result<Content, E> {
                    Ok(Content::Octets(text.as_bytes().to_vec()))
                }

                fn visit_bytes<E: de::Error>(self, octets: &[u8]) -> Result<Content, E> {
                    Ok(Content::Octets(octets.to_vec()))
                }

                fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Content, A::Error> {
                    let mut elements = Vec::new();
                    while let Some(element) = seq.next_element()? {
                        elements.push(element);
                    }
                    Ok(Content::Elements(elements))
                }

                fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Content, A::Error> {
                    let mut octets = None;
                    while let Some(key) = map.next_key::<String>()? {
                        match key.as_str() {
                            "hex" => {
                                let text = map.next_value::<String>()?;
                                octets = Some(from_hex(&text).ok_or_else(|| de::Error::custom("not hexadecimal"))?);
                            }
                            other => return Err(de::Error::unknown_field(other, &["hex"])),
                        }
                    }
                    octets.map(Content::Octets).ok_or_else(|| de::Error::missing_field("hex"))
                }
            }

            deserializer.deserialize_any(ContentVisitor)
        }
    }

    impl<'de> Deserialize<'de> for Map {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct MapVisitor;

            impl<'de> Visitor<'de> for MapVisitor {
                type Value = Map;

                fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str("a map of fields")
                }

                fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Map, A::Error> {
                    let mut fields = Map::default();
                    while let Some(field) = map.next_entry()? {
                        fields.0.push(field);
                    }
                    Ok(fields)
                }
            }

            deserializer.deserialize_map(MapVisitor)
        }
    }

    macro_rules! string_serde {
        ($name:ident) => {
            impl Serialize for $name<'_> {
                fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    match self.as_str() {
                        _ if !serializer.is_human_readable() => serializer.serialize_bytes(self.as_bytes()),
                        Some(text) => serializer.serialize_str(text),
                        None => {
                            let mut map = serializer.serialize_map(Some(1))?;
                            map.serialize_entry("hex", &to_hex(self.as_bytes()))?;
                            map.end()
                        }
                    }
                }
            }

            impl<'de> Deserialize<'de> for $name<'_> {
                fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    Self::from_content(Content::deserialize(deserializer)?).map_err(de::Error::custom)
                }
            }
        };
    }

    string_serde!(COctetString);
    string_serde!(OctetString);

    impl<'a, T: Element<'a>> Serialize for List<'a, T>
    where
        for<'b> T::Of<'b>: Serialize,
    {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_seq(self.iter())
        }
    }

    impl Serialize for RawTlv<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut map = serializer.serialize_map(Some(2))?;
            map.serialize_entry("tag", &self.tag)?;
            map.serialize_entry("hex", &to_hex(self.value))?;
            map.end()
        }
    }

    impl Serialize for Tlvs<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            if let Err((field, kind)) = self.encodable() {
                return Err(S::Error::custom(format!("{field}: {kind:?}")));
            }
            let mut seq = serializer.serialize_seq(None)?;
            for tlv in self {
                seq.serialize_element(&tlv)?;
            }
            seq.end()
        }
    }

    impl<'de> Deserialize<'de> for Tlvs<'_> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let elements = Vec::<Map>::deserialize(deserializer)?;
            tlvs(elements).map_err(de::Error::custom)
        }
    }

    impl FromContent for Tlvs<'_> {
        fn from_content(content: Content) -> Result<Self, &'static str> {
            match content {
                Content::Elements(elements) => tlvs(elements),
                _ => Err("a list of {\"tag\": …, \"hex\": …}"),
            }
        }
    }

    fn tlvs<'a>(elements: Vec<Map>) -> Result<Tlvs<'a>, &'static str> {
        let mut all = Tlvs::EMPTY;
        for Map(fields) in elements {
            let (mut tag, mut value) = (None, None);
            for (key, content) in fields {
                match (key.as_str(), content) {
                    ("tag", Content::Integer(number)) => tag = u16::try_from(number).ok(),
                    ("hex", Content::Octets(text)) => value = std::str::from_utf8(&text).ok().and_then(from_hex),
                    _ => return Err("only a tag and hex in a TLV"),
                }
            }
            match (tag, value) {
                (Some(tag), Some(value)) => all.push_raw(tag, &value),
                _ => return Err("a tag up to 65535 and hex in a TLV"),
            }
        }
        Ok(all)
    }

    #[doc(hidden)]
    #[macro_export]
    macro_rules! __integer_serde {
        ($smpp:ident, $name:ident, $integer:ident) => {
            impl $smpp::codec::__serde::Serialize for $name {
                fn serialize<S: $smpp::codec::__serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    $smpp::codec::__serde::Serialize::serialize(&self.0, serializer)
                }
            }

            impl<'de> $smpp::codec::__serde::Deserialize<'de> for $name {
                fn deserialize<D: $smpp::codec::__serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    <$integer as $smpp::codec::__serde::Deserialize>::deserialize(deserializer).map(Self)
                }
            }
        };
    }

    #[doc(hidden)]
    #[macro_export]
    macro_rules! __pdu_serde {
        ($smpp:path, $name:ident, [$($field:ident),*]) => {
            const _: () = {
                use $smpp as smpp;
                use smpp::codec::__serde::{self as serde, ser::SerializeMap as _};

                impl serde::Serialize for $name<'_> {
                    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                        let mut map = serializer.serialize_map(None)?;
                        $(map.serialize_entry(stringify!($field), &self.$field)?;)*
                        map.serialize_entry("tlvs", &self.tlvs)?;
                        map.end()
                    }
                }

                impl<'de> serde::Deserialize<'de> for $name<'_> {
                    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                        let mut pdu = Self::default();
                        for (key, content) in smpp::codec::Map::deserialize(deserializer)?.0 {
                            let expected = match key.as_str() {
                                $(stringify!($field) => {
                                    smpp::codec::FromContent::from_content(content).map(|value| pdu.$field = value)
                                })*
                                "tlvs" => smpp::codec::FromContent::from_content(content).map(|value| pdu.tlvs = value),
                                other => {
                                    return Err(serde::de::Error::unknown_field(other, &[$(stringify!($field),)* "tlvs"]));
                                }
                            };
                            expected.map_err(|expected| {
                                serde::de::Error::custom(format_args!("`{key}`: expected {expected}"))
                            })?;
                        }
                        Ok(pdu)
                    }
                }
            };
        };
    }

    #[doc(hidden)]
    #[macro_export]
    macro_rules! __element_serde {
        ($smpp:path, $name:ty, [$($field:ident),*]) => {
            const _: () = {
                use $smpp as smpp;
                use smpp::codec::__serde::{self as serde, ser::SerializeMap as _};

                impl serde::Serialize for $name {
                    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                        let mut map = serializer.serialize_map(None)?;
                        $(map.serialize_entry(stringify!($field), &self.$field)?;)*
                        map.end()
                    }
                }

                impl TryFrom<smpp::codec::Map> for $name {
                    type Error = &'static str;

                    fn try_from(map: smpp::codec::Map) -> Result<Self, &'static str> {
                        let mut map = map;
                        let element = Self { $($field: map.take(stringify!($field))?,)* };
                        map.finish().map(|()| element)
                    }
                }
            };
        };
        ($smpp:path, $name:ty, $tag:ident, { $($value:literal => $form:ident [$($field:ident),*]),* }) => {
            const _: () = {
                use $smpp as smpp;
                use smpp::codec::__serde::{self as serde, ser::SerializeMap as _};

                impl serde::Serialize for $name {
                    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                        let mut map = serializer.serialize_map(None)?;
                        match self {
                            $(Self::$form { $($field),* } => {
                                map.serialize_entry(stringify!($tag), &($value as u64))?;
                                $(map.serialize_entry(stringify!($field), $field)?;)*
                            })*
                        }
                        map.end()
                    }
                }

                impl TryFrom<smpp::codec::Map> for $name {
                    type Error = &'static str;

                    fn try_from(map: smpp::codec::Map) -> Result<Self, &'static str> {
                        let mut map = map;
                        let element = match map.take::<u64>(stringify!($tag))? {
                            $($value => Self::$form { $($field: map.take(stringify!($field))?,)* },)*
                            _ => return Err(concat!("a ", stringify!($tag), " that announces a form")),
                        };
                        map.finish().map(|()| element)
                    }
                }
            };
        };
    }

    impl Map {
        /// Takes a field out of the input; one that is missing is 0 or empty.
        pub fn take<T: FromContent>(&mut self, field: &str) -> Result<T, &'static str> {
            match self.0.iter().position(|(name, _)| name == field) {
                Some(at) => T::from_content(self.0.swap_remove(at).1),
                None => T::from_content(Content::Integer(0)).or_else(|_| T::from_content(Content::Octets(Vec::new()))),
            }
        }

        /// Complains of what nobody took.
        pub fn finish(self) -> Result<(), &'static str> {
            if self.0.is_empty() { Ok(()) } else { Err("no other fields in the structure") }
        }
    }
}
