// What `include_spec!` makes of acme.yaml. Written by `UPDATE=1 cargo test -p smpp-derive`.

/// The enumerations and bit fields of this specification.
#[allow(dead_code)]
pub mod value {
    /// Every enumeration and bit field.
    pub static ALL: &[&smpp::codec::ValuesSpec] = &[
        &ACME_REASON,
        &DATA_CODING,
        &ACME_OPTIONS,
    ];
    /// Why a fetch stopped.
    ///
    /// 1 octet; values that are not named here are kept as they are. Section 2.1.
    #[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
    pub struct AcmeReason(pub u8);
    impl AcmeReason {
        /// Nothing is left.
        ///
        /// Section 2.1.
        pub const DONE: Self = Self(0x00);
        /// There is more.
        ///
        /// Section 2.1.
        pub const MORE: Self = Self(0x01);
    }
    smpp::__wire_integer!(smpp, AcmeReason, u8, ACME_REASON);
    /// The values of `acme_reason`, as a table.
    pub static ACME_REASON: smpp::codec::ValuesSpec = smpp::codec::ValuesSpec {
        name: "acme_reason",
        size: 1,
        values: &[
            smpp::codec::ValueSpec::new("DONE", 0x00, 0x00, "Nothing is left."),
            smpp::codec::ValueSpec::new("MORE", 0x01, 0x01, "There is more."),
            smpp::codec::ValueSpec::new("RESERVED", 0x02, 0xFF, "").reserved(),
        ],
        parts: &[],
        section: "2.1",
        doc: "Why a fetch stopped.",
    };
    /// Values of `DataCoding` that this specification adds: `DataCoding::NAME` with this trait in scope.
    pub trait AcmeDataCoding {
        /// One emoji an octet.
        const ACME_EMOJI: smpp::value::DataCoding;
    }
    impl AcmeDataCoding for smpp::value::DataCoding {
        const ACME_EMOJI: smpp::value::DataCoding = smpp::value::DataCoding(0xE8);
    }
    /// The values of `data_coding`, as a table.
    pub static DATA_CODING: smpp::codec::ValuesSpec = smpp::codec::ValuesSpec {
        name: "data_coding",
        size: 1,
        values: &[
            smpp::codec::ValueSpec::new("ACME_EMOJI", 0xE8, 0xE8, "One emoji an octet."),
        ],
        parts: &[],
        section: "5.2.19",
        doc: "Alphabet and coding of a text.",
    };
    /// Options of a message.
    ///
    /// 1 octet.
    #[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
    pub struct AcmeOptions(pub u8);
    impl AcmeOptions {
        /// Whether the text is encrypted.
        ///
        /// Mask 0x80.
        pub const fn encrypted(self) -> acme_options::Encrypted {
            acme_options::Encrypted(self.0 & 0x80)
        }
        /// The same with another [`encrypted`](Self::encrypted).
        pub const fn with_encrypted(self, encrypted: acme_options::Encrypted) -> Self {
            Self(self.0 & !0x80 | encrypted.0 & 0x80)
        }
    }
    smpp::__wire_integer!(smpp, AcmeOptions, u8, ACME_OPTIONS);
    /// The parts of `acme_options`, as a table.
    pub static ACME_OPTIONS: smpp::codec::ValuesSpec = smpp::codec::ValuesSpec {
        name: "acme_options",
        size: 1,
        values: &[],
        parts: &[
            smpp::codec::PartSpec {
                name: "encrypted",
                mask: 0x80,
                values: &[smpp::codec::ValueSpec::new("YES", 0x80, 0x80, "It is.")],
            },
        ],
        section: "",
        doc: "Options of a message.",
    };
    /// The parts of [`AcmeOptions`].
    pub mod acme_options {
        /// Whether the text is encrypted.
        ///
        /// The bits 0x80, not shifted.
        #[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct Encrypted(pub u8);
        impl Encrypted {
            /// It is.
            pub const YES: Self = Self(0x80);
        }
        smpp::__part!(smpp, Encrypted, super::ACME_OPTIONS, "encrypted");
    }
}
/// The TLVs (optional parameters) of this specification.
#[allow(dead_code)]
pub mod tlv {
    /// Every TLV.
    pub static ALL: &[&smpp::codec::TlvSpec] = &[&ACME_CAMPAIGN, &ACME_STAMP];
    /// The TLV of this tag.
    pub fn find(tag: u16) -> ::core::option::Option<&'static smpp::codec::TlvSpec> {
        match tag {
            0x1400 => Some(&ACME_CAMPAIGN),
            0x1401 => Some(&ACME_STAMP),
            _ => None,
        }
    }
    /// Whether a TLV of this tag may have this many octets; so says also a tag that is not of this specification.
    #[inline(always)]
    pub fn accepts(tag: u16, len: usize) -> bool {
        match tag {
            0x1400 => (1..=65).contains(&len),
            0x1401 => len == 8,
            _ => true,
        }
    }
    /// Campaign that the message is billed to.
    ///
    /// Tag 0x1400, C-octet string (the NUL counts), 1 to 65 octets. Section 4.7.
    #[derive(Debug, Clone, Copy)]
    pub enum AcmeCampaign {}
    impl smpp::codec::Tlv for AcmeCampaign {
        const SPEC: &'static smpp::codec::TlvSpec = &ACME_CAMPAIGN;
        type Value<'a> = smpp::codec::COctetString<'a>;
    }
    /// What the specification says of `acme_campaign`.
    pub static ACME_CAMPAIGN: smpp::codec::TlvSpec = smpp::codec::TlvSpec {
        name: "acme_campaign",
        tag: 0x1400,
        kind: smpp::codec::TlvKind::COctetString,
        min: 1,
        max: 65,
        accept_lengths: &[],
        allowed_in: Some(
            &[smpp::codec::CommandId(0x00000004), smpp::codec::CommandId(0x00010200)],
        ),
        repeatable: false,
        values: None,
        range: None,
        first_octet: None,
        section: "4.7",
        doc: "Campaign that the message is billed to.",
    };
    /// Time at each hop.
    ///
    /// Tag 0x1401, integer, 8 octets, may be repeated.
    #[derive(Debug, Clone, Copy)]
    pub enum AcmeStamp {}
    impl smpp::codec::Tlv for AcmeStamp {
        const SPEC: &'static smpp::codec::TlvSpec = &ACME_STAMP;
        type Value<'a> = u64;
    }
    /// What the specification says of `acme_stamp`.
    pub static ACME_STAMP: smpp::codec::TlvSpec = smpp::codec::TlvSpec {
        name: "acme_stamp",
        tag: 0x1401,
        kind: smpp::codec::TlvKind::Integer,
        min: 8,
        max: 8,
        accept_lengths: &[],
        allowed_in: Some(&[smpp::codec::CommandId(0x00000005)]),
        repeatable: true,
        values: None,
        range: None,
        first_octet: None,
        section: "",
        doc: "Time at each hop.",
    };
}
/// The PDUs of this specification, and the structures in them.
#[allow(dead_code, unused_mut, unused_variables)]
pub mod pdu {
    /// The fields of `acme_pair`.
    pub static ACME_PAIR_FIELDS: [smpp::codec::FieldSpec; 2] = [
        smpp::codec::FieldSpec::c_octet_string("acme_key", 1, 9).doc("", "The key."),
        smpp::codec::FieldSpec::integer("acme_value", 4).doc("", "The value."),
    ];
    /// A key and a value.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct AcmePair<'a> {
        /// The key.
        ///
        /// C-octet string, at most 9 octets with the NUL.
        pub acme_key: smpp::codec::COctetString<'a>,
        /// The value.
        ///
        /// Integer, 4 octets.
        pub acme_value: u32,
    }
    impl<'a> smpp::codec::Element<'a> for AcmePair<'a> {
        type Of<'b> = AcmePair<'b>;
        fn decode(
            reader: &mut smpp::codec::Reader<'a, '_>,
        ) -> Result<Self, smpp::codec::Failed> {
            let acme_key = smpp::codec::COctetString::borrowed(
                reader.c_octet_string(&ACME_PAIR_FIELDS[0])?,
            );
            let acme_value = u32::from_be_bytes(reader.octets(&ACME_PAIR_FIELDS[1])?);
            Ok(Self { acme_key, acme_value })
        }
        fn encode(
            &self,
            writer: &mut smpp::codec::Writer<'_>,
        ) -> Result<(), smpp::EncodeError> {
            let mut room = writer.room::<13usize>();
            room.c_octet_string(&ACME_PAIR_FIELDS[0], &self.acme_key)?;
            room.octets(self.acme_value.to_be_bytes());
            let left = room.left();
            writer.end_room(left);
            Ok(())
        }
        fn visit_fields(&self, cursor: &mut smpp::codec::Cursor<'_>) {
            cursor.c_octet_string(&ACME_PAIR_FIELDS[0], &self.acme_key);
            cursor.integer(&ACME_PAIR_FIELDS[1], self.acme_value);
        }
        fn as_borrowed(&self) -> AcmePair<'_> {
            AcmePair {
                acme_key: self.acme_key.as_borrowed(),
                acme_value: self.acme_value,
            }
        }
        fn into_owned(self) -> AcmePair<'static> {
            AcmePair {
                acme_key: self.acme_key.into_owned(),
                acme_value: self.acme_value,
            }
        }
    }
    smpp::__element_serde!(smpp, AcmePair < '_ >, [acme_key, acme_value]);
    /// The mandatory fields of `acme_fetch`.
    pub(super) static ACME_FETCH_FIELDS: [smpp::codec::FieldSpec; 2] = [
        smpp::codec::FieldSpec::c_octet_string("system_type", 1, 13)
            .invalid(smpp::value::CommandStatus(0x00000053))
            .doc("5.2.3", "Category of the ESME, such as VMS or OTA; usually empty."),
        smpp::codec::FieldSpec::integer("acme_wish", 1)
            .values(&super::value::ACME_OPTIONS)
            .doc("", "What is wanted."),
    ];
    /// Fetches waiting messages.
    ///
    /// command_id 0x00010200. Request; its response is `acme_fetch_resp`. Section 3.1.
    #[derive(Clone, PartialEq, Eq, Debug)]
    pub struct AcmeFetch<'a> {
        /// Category of the ESME, such as VMS or OTA; usually empty.
        ///
        /// C-octet string, at most 13 octets with the NUL. Section 5.2.3.
        pub system_type: smpp::codec::COctetString<'a>,
        /// What is wanted.
        ///
        /// Integer, 1 octet.
        pub acme_wish: super::value::AcmeOptions,
        /// The TLVs, in the order of the wire.
        pub tlvs: smpp::codec::Tlvs<'a>,
    }
    impl<'a> AcmeFetch<'a> {
        /// `command_id`.
        pub const ID: smpp::codec::CommandId = super::command::ACME_FETCH.id;
        /// The same PDU with another [`system_type`](Self::system_type).
        #[inline]
        pub fn with_system_type(
            mut self,
            system_type: impl Into<smpp::codec::COctetString<'a>>,
        ) -> Self {
            self.system_type = system_type.into();
            self
        }
        /// The same PDU with another [`acme_wish`](Self::acme_wish).
        #[inline]
        pub fn with_acme_wish(
            mut self,
            acme_wish: impl Into<super::value::AcmeOptions>,
        ) -> Self {
            self.acme_wish = acme_wish.into();
            self
        }
        /// The same PDU with other TLVs.
        #[inline]
        pub fn with_tlvs(mut self, tlvs: smpp::codec::Tlvs<'a>) -> Self {
            self.tlvs = tlvs;
            self
        }
        /// The same PDU, borrowing from this one.
        pub fn as_borrowed(&self) -> AcmeFetch<'_> {
            AcmeFetch {
                system_type: self.system_type.as_borrowed(),
                acme_wish: self.acme_wish,
                tlvs: self.tlvs.as_borrowed(),
            }
        }
        /// The same PDU with octets of its own.
        pub fn into_owned(self) -> AcmeFetch<'static> {
            AcmeFetch {
                system_type: self.system_type.into_owned(),
                acme_wish: self.acme_wish,
                tlvs: self.tlvs.into_owned(),
            }
        }
    }
    impl smpp::codec::Command for AcmeFetch<'_> {
        const SPEC: &'static smpp::codec::CommandSpec = &super::command::ACME_FETCH;
        #[inline(always)]
        fn encode_body(
            &self,
            writer: &mut smpp::codec::Writer<'_>,
        ) -> Result<(), smpp::EncodeError> {
            let mut room = writer.first_room::<32usize>();
            room.c_octet_string(&ACME_FETCH_FIELDS[0], &self.system_type)?;
            room.octets([self.acme_wish.0]);
            let left = room.left();
            writer.end_room(left);
            writer.tlvs(&self.tlvs)
        }
        fn visit_fields(&self, cursor: &mut smpp::codec::Cursor<'_>) {
            cursor.c_octet_string(&ACME_FETCH_FIELDS[0], &self.system_type);
            cursor.integer(&ACME_FETCH_FIELDS[1], self.acme_wish);
        }
        #[inline]
        fn tlvs(&self) -> &smpp::codec::Tlvs<'_> {
            &self.tlvs
        }
    }
    impl<'a> smpp::codec::HasTlvs<'a> for AcmeFetch<'a> {
        fn tlvs_mut(&mut self) -> &mut smpp::codec::Tlvs<'a> {
            &mut self.tlvs
        }
    }
    impl<'a> smpp::codec::Decode<'a> for AcmeFetch<'a> {
        #[inline(always)]
        fn decode_body(
            mut reader: smpp::codec::Reader<'a, '_>,
        ) -> Result<Self, smpp::codec::Failed> {
            let system_type = smpp::codec::COctetString::borrowed(
                reader.c_octet_string(&ACME_FETCH_FIELDS[0])?,
            );
            let [acme_wish] = reader.octets(&ACME_FETCH_FIELDS[1])?;
            let tlvs = reader.tlvs()?;
            Ok(Self {
                system_type,
                acme_wish: super::value::AcmeOptions(acme_wish),
                tlvs,
            })
        }
        fn without_body(tlvs: smpp::codec::Tlvs<'a>) -> Self {
            Self { tlvs, ..Self::default() }
        }
    }
    impl smpp::codec::DecodeOwned for AcmeFetch<'static> {
        fn decode_owned(
            decoder: &mut smpp::codec::Decoder,
            frame: smpp::codec::Frame<'_>,
        ) -> Result<Self, smpp::DecodeError> {
            decoder.decode_as::<AcmeFetch<'_>>(frame).map(AcmeFetch::into_owned)
        }
    }
    impl smpp::codec::Request for AcmeFetch<'_> {
        type Response = AcmeFetchResp<'static>;
    }
    impl Default for AcmeFetch<'_> {
        fn default() -> Self {
            Self {
                system_type: Default::default(),
                acme_wish: super::value::AcmeOptions(0x80),
                tlvs: smpp::codec::Tlvs::EMPTY,
            }
        }
    }
    smpp::__pdu_serde!(smpp, AcmeFetch, [system_type, acme_wish]);
    /// The mandatory fields of `acme_fetch_resp`.
    pub(super) static ACME_FETCH_RESP_FIELDS: [smpp::codec::FieldSpec; 3] = [
        smpp::codec::FieldSpec::integer("acme_why", 1)
            .values(&super::value::ACME_REASON)
            .doc("", "Why it stopped."),
        smpp::codec::FieldSpec::count("acme_count", 2).doc("", "Number of pairs."),
        smpp::codec::FieldSpec::list(
                "acme_pairs",
                0,
                1000,
                &super::pdu::ACME_PAIR_FIELDS,
            )
            .doc("", "Pairs."),
    ];
    /// Brings waiting messages.
    ///
    /// command_id 0x80010200. Response to `acme_fetch`. Section 3.2.
    #[derive(Clone, PartialEq, Eq, Default, Debug)]
    pub struct AcmeFetchResp<'a> {
        /// Why it stopped.
        ///
        /// Integer, 1 octet.
        pub acme_why: super::value::AcmeReason,
        /// Pairs.
        ///
        /// List, at most 1000 elements; `acme_count` is computed.
        pub acme_pairs: smpp::codec::List<'a, super::pdu::AcmePair<'a>>,
        /// The TLVs, in the order of the wire.
        pub tlvs: smpp::codec::Tlvs<'a>,
    }
    impl<'a> AcmeFetchResp<'a> {
        /// `command_id`.
        pub const ID: smpp::codec::CommandId = super::command::ACME_FETCH_RESP.id;
        /// The same PDU with another [`acme_why`](Self::acme_why).
        #[inline]
        pub fn with_acme_why(
            mut self,
            acme_why: impl Into<super::value::AcmeReason>,
        ) -> Self {
            self.acme_why = acme_why.into();
            self
        }
        /// The same PDU with another [`acme_pairs`](Self::acme_pairs).
        #[inline]
        pub fn with_acme_pairs(
            mut self,
            acme_pairs: impl Into<smpp::codec::List<'a, super::pdu::AcmePair<'a>>>,
        ) -> Self {
            self.acme_pairs = acme_pairs.into();
            self
        }
        /// The same PDU with other TLVs.
        #[inline]
        pub fn with_tlvs(mut self, tlvs: smpp::codec::Tlvs<'a>) -> Self {
            self.tlvs = tlvs;
            self
        }
        /// The same PDU, borrowing from this one.
        pub fn as_borrowed(&self) -> AcmeFetchResp<'_> {
            AcmeFetchResp {
                acme_why: self.acme_why,
                acme_pairs: self.acme_pairs.as_borrowed(),
                tlvs: self.tlvs.as_borrowed(),
            }
        }
        /// The same PDU with octets of its own.
        pub fn into_owned(self) -> AcmeFetchResp<'static> {
            AcmeFetchResp {
                acme_why: self.acme_why,
                acme_pairs: self.acme_pairs.into_owned(),
                tlvs: self.tlvs.into_owned(),
            }
        }
    }
    impl smpp::codec::Command for AcmeFetchResp<'_> {
        const SPEC: &'static smpp::codec::CommandSpec = &super::command::ACME_FETCH_RESP;
        #[inline(always)]
        fn encode_body(
            &self,
            writer: &mut smpp::codec::Writer<'_>,
        ) -> Result<(), smpp::EncodeError> {
            let mut room = writer.first_room::<32usize>();
            let acme_count = room.count_of(&ACME_FETCH_RESP_FIELDS[2], &self.acme_pairs)?
                as u16;
            room.octets([self.acme_why.0]);
            room.octets(acme_count.to_be_bytes());
            let left = room.left();
            writer.end_room(left);
            writer.list(&self.acme_pairs)?;
            writer.tlvs(&self.tlvs)
        }
        fn visit_fields(&self, cursor: &mut smpp::codec::Cursor<'_>) {
            cursor.integer(&ACME_FETCH_RESP_FIELDS[0], self.acme_why);
            cursor.count(&ACME_FETCH_RESP_FIELDS[1], self.acme_pairs.len());
            cursor.list(&ACME_FETCH_RESP_FIELDS[2], &self.acme_pairs);
        }
        #[inline]
        fn tlvs(&self) -> &smpp::codec::Tlvs<'_> {
            &self.tlvs
        }
    }
    impl<'a> smpp::codec::HasTlvs<'a> for AcmeFetchResp<'a> {
        fn tlvs_mut(&mut self) -> &mut smpp::codec::Tlvs<'a> {
            &mut self.tlvs
        }
    }
    impl<'a> smpp::codec::Decode<'a> for AcmeFetchResp<'a> {
        #[inline(always)]
        fn decode_body(
            mut reader: smpp::codec::Reader<'a, '_>,
        ) -> Result<Self, smpp::codec::Failed> {
            let [acme_why] = reader.octets(&ACME_FETCH_RESP_FIELDS[0])?;
            let acme_count = u16::from_be_bytes(
                reader.octets(&ACME_FETCH_RESP_FIELDS[1])?,
            );
            let acme_pairs = reader.list(acme_count as usize)?;
            let tlvs = reader.tlvs()?;
            Ok(Self {
                acme_why: super::value::AcmeReason(acme_why),
                acme_pairs,
                tlvs,
            })
        }
        fn without_body(tlvs: smpp::codec::Tlvs<'a>) -> Self {
            Self { tlvs, ..Self::default() }
        }
    }
    impl smpp::codec::DecodeOwned for AcmeFetchResp<'static> {
        fn decode_owned(
            decoder: &mut smpp::codec::Decoder,
            frame: smpp::codec::Frame<'_>,
        ) -> Result<Self, smpp::DecodeError> {
            decoder.decode_as::<AcmeFetchResp<'_>>(frame).map(AcmeFetchResp::into_owned)
        }
    }
    smpp::__pdu_serde!(smpp, AcmeFetchResp, [acme_why, acme_pairs]);
}
/// The commands of this specification, as tables.
#[allow(dead_code)]
pub mod command {
    /// Every command.
    pub static ALL: &[&smpp::codec::CommandSpec] = &[&ACME_FETCH, &ACME_FETCH_RESP];
    /// The command of this id.
    pub fn find(
        id: smpp::codec::CommandId,
    ) -> Option<&'static smpp::codec::CommandSpec> {
        match id.0 {
            0x00010200 => Some(&ACME_FETCH),
            0x80010200 => Some(&ACME_FETCH_RESP),
            _ => None,
        }
    }
    /// Fetches waiting messages.
    ///
    /// Section 3.1.
    pub static ACME_FETCH: smpp::codec::CommandSpec = smpp::codec::CommandSpec {
        name: "acme_fetch",
        id: smpp::codec::CommandId(0x00010200),
        kind: smpp::codec::CommandKind::Request,
        counterpart: Some(smpp::codec::CommandId(0x80010200)),
        esme_may_issue_in: smpp::codec::States::of(
            &[smpp::codec::State::BoundRx, smpp::codec::State::BoundTrx],
        ),
        smsc_may_issue_in: smpp::codec::States::of(&[]),
        accepted_in: smpp::codec::States::of(
            &[smpp::codec::State::BoundRx, smpp::codec::State::BoundTrx],
        ),
        body_on_error: smpp::codec::BodyOnError::NotApplicable,
        since: "",
        section: "3.1",
        doc: "Fetches waiting messages.",
        fields: &super::pdu::ACME_FETCH_FIELDS,
        tlvs: &[0x1400],
    };
    /// Brings waiting messages.
    ///
    /// Section 3.2.
    pub static ACME_FETCH_RESP: smpp::codec::CommandSpec = smpp::codec::CommandSpec {
        name: "acme_fetch_resp",
        id: smpp::codec::CommandId(0x80010200),
        kind: smpp::codec::CommandKind::Response,
        counterpart: Some(smpp::codec::CommandId(0x00010200)),
        esme_may_issue_in: smpp::codec::States::of(&[]),
        smsc_may_issue_in: smpp::codec::States::of(
            &[smpp::codec::State::BoundRx, smpp::codec::State::BoundTrx],
        ),
        accepted_in: smpp::codec::States::of(
            &[smpp::codec::State::BoundRx, smpp::codec::State::BoundTrx],
        ),
        body_on_error: smpp::codec::BodyOnError::Omitted,
        since: "",
        section: "3.2",
        doc: "Brings waiting messages.",
        fields: &super::pdu::ACME_FETCH_RESP_FIELDS,
        tlvs: &[],
    };
}
/// Accessors of the TLVs of this specification, on the PDUs that may carry them: `use …::ext::*;`.
#[allow(dead_code, unused_imports)]
pub mod ext {
    /// PDUs that may carry the TLV `acme_campaign`.
    pub trait HasAcmeCampaign<'a>: smpp::codec::HasTlvs<'a> + Sized {
        /// Campaign that the message is billed to.
        ///
        /// Tag 0x1400, C-octet string (the NUL counts), 1 to 65 octets. Section 4.7.
        fn acme_campaign(&self) -> Option<smpp::codec::COctetString<'_>> {
            smpp::codec::Command::tlvs(self).get::<super::tlv::AcmeCampaign>()
        }
        /// The same PDU with the TLV `acme_campaign`.
        #[inline]
        fn with_acme_campaign<'v>(
            mut self,
            value: impl Into<smpp::codec::COctetString<'v>>,
        ) -> Self {
            smpp::codec::HasTlvs::tlvs_mut(&mut self)
                .set::<super::tlv::AcmeCampaign>(value.into());
            self
        }
    }
    impl<'a> HasAcmeCampaign<'a> for smpp::pdu::SubmitSm<'a> {}
    impl<'a> HasAcmeCampaign<'a> for super::pdu::AcmeFetch<'a> {}
    /// PDUs that may carry the TLV `acme_stamp`.
    pub trait HasAcmeStamp<'a>: smpp::codec::HasTlvs<'a> + Sized {
        /// Time at each hop.
        ///
        /// Tag 0x1401, integer, 8 octets, may be repeated.
        fn acme_stamp(&self) -> impl Iterator<Item = u64> {
            smpp::codec::Command::tlvs(self).get_all::<super::tlv::AcmeStamp>()
        }
        /// The same PDU with another `acme_stamp`.
        #[inline]
        fn with_acme_stamp(mut self, value: u64) -> Self {
            smpp::codec::HasTlvs::tlvs_mut(&mut self)
                .push::<super::tlv::AcmeStamp>(value);
            self
        }
    }
    impl<'a> HasAcmeStamp<'a> for smpp::pdu::DeliverSm<'a> {}
}
/// What this specification says, as tables.
#[allow(dead_code)]
pub const PROTOCOL: &smpp::codec::Protocol = &smpp::codec::Protocol {
    name: "acme",
    commands: command::ALL,
    tlvs: tlv::ALL,
    values: value::ALL,
};
