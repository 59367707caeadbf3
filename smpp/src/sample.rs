use crate::codec::*;
pub mod value {
    macro_rules! v { ($($n:ident $t:ty),*) => {$(#[derive(Clone,Copy,PartialEq,Eq,Debug,Default,Hash)] pub struct $n(pub $t); impl From<$t> for $n { fn from(v:$t)->Self{Self(v)} } impl crate::codec::WireInteger for $n { const SIZE: usize = size_of::<$t>(); fn to_u64(self)->u64{self.0 as u64} fn from_u64(v:u64)->Option<Self>{ <$t>::try_from(v).ok().map(Self)} })*} }
    v!(CommandStatus u32, Ton u8, Npi u8, EsmClass u8, PriorityFlag u8, RegisteredDelivery u8, ReplaceIfPresentFlag u8, DataCoding u8);
    impl CommandStatus {
pub const ESME_ROK: Self = Self(0);
pub const ESME_RINVCMDLEN: Self = Self(6);
pub const ESME_RINVCMDID: Self = Self(8);
pub const ESME_RINVMSGLEN: Self = Self(4);
pub const ESME_RINVOPTPARSTREAM: Self = Self(7);
pub const ESME_RINVPARLEN: Self = Self(0);
pub const ESME_RINVDESTFLAG: Self = Self(8);
pub const ESME_RINVNUMDESTS: Self = Self(3);
pub const ESME_RINVESMCLASS: Self = Self(5);
pub const ESME_ROPTPARNOTALLWD: Self = Self(4);
pub const ESME_RINVOPTPARAMVAL: Self = Self(3);
pub const ESME_RMISSINGOPTPARAM: Self = Self(5);
pub const ESME_RSYSERR: Self = Self(4);
}}
pub use pdu::SubmitSm; pub type Pdu<'a> = SubmitSm<'a>;
pub fn decode_pdu<'a>(d:&mut Decoder,f:Frame<'a>)->Result<SubmitSm<'a>,crate::DecodeError>{d.decode_as(f)}
pub mod command { use super::*; pub fn find(_:CommandId)->Option<&'static CommandSpec>{Some(&SUBMIT_SM)}
pub use SUBMIT_SM as GENERIC_NACK; pub static SUBMIT_SM: CommandSpec = CommandSpec{name:"submit_sm",id:CommandId(4),kind:CommandKind::Request,counterpart:None,esme_may_issue_in:States::NONE,smsc_may_issue_in:States::NONE,accepted_in:States::NONE,body_on_error:BodyOnError::NotApplicable,since:"3.3",section:"4.4.1",doc:"",fields:super::pdu::SUBMIT_SM_FIELDS,tlvs:&[0x204]};
}
pub mod tlv { use super::*;
 pub fn find(tag:u16)->Option<&'static TlvSpec>{ match tag { 0x204=>Some(&USER_MESSAGE_REFERENCE), _=>None } }
#[inline] pub fn accepts(tag:u16,len:usize)->bool{ match tag {
0x0005 => len==1,
0x0006 => len==1,
0x0007 => len==1,
0x0008 => len==2,
0x000D => len==1,
0x000E => len==1,
0x000F => len==1,
0x0010 => len==1,
0x0017 => len==4,
0x0019 => len==1,
0x001D => 1<=len&&len<=256,
0x001E => 1<=len&&len<=65,
0x0030 => len==1,
0x0201 => len==1,
0x0202 => 2<=len&&len<=23,
0x0203 => 2<=len&&len<=23,
0x0204 => len==2,
0x0205 => len==1,
0x020A => len==2,
0x020B => len==2,
0x020C => len==2,
0x020D => len==1,
0x020E => len==1,
0x020F => len==1,
0x0210 => len==1,
0x0302 => len==1,
0x0303 => 1<=len&&len<=65,
0x0304 => len==1,
0x0381 => 4<=len&&len<=19,
0x0420 => len==1,
0x0421 => len==1,
0x0422 => len==1,
0x0423 => len==3,
0x0424 => 0<=len&&len<=65535,
0x0425 => len==1,
0x0426 => len==1,
0x0427 => len==1,
0x0501 => len==1,
0x1201 => len==1,
0x1203 => len==2,
0x1204 => len==1,
0x130C => len==0,
0x1380 => len==1,
0x1383 => len==2,
_=>true}}
pub static USER_MESSAGE_REFERENCE: TlvSpec=TlvSpec{name:"user_message_reference",tag:0x204,kind:TlvKind::Integer,min:2,max:2,accept_lengths:&[],allowed_in:None,repeatable:false,values:None,range:None,first_octet:None,section:"",doc:""};
pub struct UserMessageReference; impl Tlv for UserMessageReference { const SPEC:&'static TlvSpec=&USER_MESSAGE_REFERENCE; type Value<'a>=u16; }
}
pub mod pdu { use super::*; use super::value::*;
const fn f(name:&'static str,kind:FieldKind,max:u32,lengths:&'static[u32])->FieldSpec{FieldSpec{name,wire_name:name,kind,min:0,max,lengths,accept_max:max,accept_lengths:lengths,values:None,invalid:None,section:"",doc:""}}
pub(crate) static SUBMIT_SM_FIELDS:&[FieldSpec]=&[
f("service_type",FieldKind::COctetString,6,&[]),
f("source_addr_ton",FieldKind::Integer,1,&[]),
f("source_addr_npi",FieldKind::Integer,1,&[]),
f("source_addr",FieldKind::COctetString,21,&[]),
f("dest_addr_ton",FieldKind::Integer,1,&[]),
f("dest_addr_npi",FieldKind::Integer,1,&[]),
f("destination_addr",FieldKind::COctetString,21,&[]),
f("esm_class",FieldKind::Integer,1,&[]),
f("protocol_id",FieldKind::Integer,1,&[]),
f("priority_flag",FieldKind::Integer,1,&[]),
f("schedule_delivery_time",FieldKind::COctetString,17,&[1,17]),
f("validity_period",FieldKind::COctetString,17,&[1,17]),
f("registered_delivery",FieldKind::Integer,1,&[]),
f("replace_if_present_flag",FieldKind::Integer,1,&[]),
f("data_coding",FieldKind::Integer,1,&[]),
f("sm_default_msg_id",FieldKind::Integer,1,&[]),
f("sm_length",FieldKind::Integer,1,&[]),
f("short_message",FieldKind::OctetString,254,&[]),
];
#[derive(Clone,Debug,PartialEq,Eq,Default)] pub struct SubmitSm<'a>{
pub service_type: COctetString<'a>,
pub source_addr_ton: Ton,
pub source_addr_npi: Npi,
pub source_addr: COctetString<'a>,
pub dest_addr_ton: Ton,
pub dest_addr_npi: Npi,
pub destination_addr: COctetString<'a>,
pub esm_class: EsmClass,
pub protocol_id: u8,
pub priority_flag: PriorityFlag,
pub schedule_delivery_time: COctetString<'a>,
pub validity_period: COctetString<'a>,
pub registered_delivery: RegisteredDelivery,
pub replace_if_present_flag: ReplaceIfPresentFlag,
pub data_coding: DataCoding,
pub sm_default_msg_id: u8,
pub short_message: OctetString<'a>,
pub tlvs: Tlvs<'a>}
impl<'a> SubmitSm<'a>{
#[inline] pub fn with_service_type(mut self, v: impl Into<COctetString<'a>>)->Self{ self.service_type=v.into(); self }
#[inline] pub fn with_source_addr_ton(mut self, v: impl Into<Ton>)->Self{ self.source_addr_ton=v.into(); self }
#[inline] pub fn with_source_addr_npi(mut self, v: impl Into<Npi>)->Self{ self.source_addr_npi=v.into(); self }
#[inline] pub fn with_source_addr(mut self, v: impl Into<COctetString<'a>>)->Self{ self.source_addr=v.into(); self }
#[inline] pub fn with_dest_addr_ton(mut self, v: impl Into<Ton>)->Self{ self.dest_addr_ton=v.into(); self }
#[inline] pub fn with_dest_addr_npi(mut self, v: impl Into<Npi>)->Self{ self.dest_addr_npi=v.into(); self }
#[inline] pub fn with_destination_addr(mut self, v: impl Into<COctetString<'a>>)->Self{ self.destination_addr=v.into(); self }
#[inline] pub fn with_esm_class(mut self, v: impl Into<EsmClass>)->Self{ self.esm_class=v.into(); self }
#[inline] pub fn with_protocol_id(mut self, v: impl Into<u8>)->Self{ self.protocol_id=v.into(); self }
#[inline] pub fn with_priority_flag(mut self, v: impl Into<PriorityFlag>)->Self{ self.priority_flag=v.into(); self }
#[inline] pub fn with_schedule_delivery_time(mut self, v: impl Into<COctetString<'a>>)->Self{ self.schedule_delivery_time=v.into(); self }
#[inline] pub fn with_validity_period(mut self, v: impl Into<COctetString<'a>>)->Self{ self.validity_period=v.into(); self }
#[inline] pub fn with_registered_delivery(mut self, v: impl Into<RegisteredDelivery>)->Self{ self.registered_delivery=v.into(); self }
#[inline] pub fn with_replace_if_present_flag(mut self, v: impl Into<ReplaceIfPresentFlag>)->Self{ self.replace_if_present_flag=v.into(); self }
#[inline] pub fn with_data_coding(mut self, v: impl Into<DataCoding>)->Self{ self.data_coding=v.into(); self }
#[inline] pub fn with_sm_default_msg_id(mut self, v: impl Into<u8>)->Self{ self.sm_default_msg_id=v.into(); self }
#[inline] pub fn with_short_message(mut self, v: impl Into<OctetString<'a>>)->Self{ self.short_message=v.into(); self }
#[inline] pub fn with_user_message_reference(mut self, v: u16)->Self{ self.tlvs.set::<tlv::UserMessageReference>(v); self }
}
impl Command for SubmitSm<'_>{ const SPEC:&'static CommandSpec=&command::SUBMIT_SM; #[inline] fn tlvs(&self)->&Tlvs<'_>{&self.tlvs} fn visit_fields(&self,_:&mut Cursor<'_>){}
 #[inline] fn encode_body(&self,w:&mut Writer<'_>)->Result<(),crate::EncodeError>{ const F:&[FieldSpec]=SUBMIT_SM_FIELDS;

let mut room=w.first_room();
room.c_octet_string(&F[0],&self.service_type)?;
room.octets([self.source_addr_ton.0,self.source_addr_npi.0]);
room.c_octet_string(&F[3],&self.source_addr)?;
room.octets([self.dest_addr_ton.0,self.dest_addr_npi.0]);
room.c_octet_string(&F[6],&self.destination_addr)?;
room.octets([self.esm_class.0,self.protocol_id,self.priority_flag.0]);
room.c_octet_string_of_lengths(&F[10],&self.schedule_delivery_time)?;
room.c_octet_string_of_lengths(&F[11],&self.validity_period)?;
let sm_length = room.length_of(&F[17],&self.short_message)? as u8;
room.octets([self.registered_delivery.0,self.replace_if_present_flag.0,self.data_coding.0,self.sm_default_msg_id,sm_length]);
let used=room.used(); w.end_room(used);
w.octet_string(&self.short_message);
w.tlvs(&self.tlvs)
}}
impl<'a> Decode<'a> for SubmitSm<'a>{
fn without_body(tlvs:Tlvs<'a>)->Self{Self{tlvs,..Self::default()}}
#[inline(always)] fn decode_body(mut r:Reader<'a,'_>)->Result<Self,Failed>{ const F:&[FieldSpec]=SUBMIT_SM_FIELDS;
let service_type=COctetString::borrowed(r.c_octet_string(&F[0])?);
let [source_addr_ton,source_addr_npi]=r.octets(&F[1])?;
let source_addr=COctetString::borrowed(r.c_octet_string(&F[3])?);
let [dest_addr_ton,dest_addr_npi]=r.octets(&F[4])?;
let destination_addr=COctetString::borrowed(r.c_octet_string(&F[6])?);
let [esm_class,protocol_id,priority_flag]=r.octets(&F[7])?;
let schedule_delivery_time=COctetString::borrowed(r.c_octet_string_of_lengths(&F[10])?);
let validity_period=COctetString::borrowed(r.c_octet_string_of_lengths(&F[11])?);
let [registered_delivery,replace_if_present_flag,data_coding,sm_default_msg_id,sm_length]=r.octets(&F[12])?;
let short_message=OctetString::borrowed(r.octet_string(&F[17],sm_length as usize)?);
let tlvs=r.tlvs()?;
Ok(Self{service_type,source_addr_ton:Ton(source_addr_ton),source_addr_npi:Npi(source_addr_npi),source_addr,dest_addr_ton:Ton(dest_addr_ton),dest_addr_npi:Npi(dest_addr_npi),destination_addr,esm_class:EsmClass(esm_class),protocol_id,priority_flag:PriorityFlag(priority_flag),schedule_delivery_time,validity_period,registered_delivery:RegisteredDelivery(registered_delivery),replace_if_present_flag:ReplaceIfPresentFlag(replace_if_present_flag),data_coding:DataCoding(data_coding),sm_default_msg_id,short_message,tlvs})
}}
pub struct EnquireLink; pub struct DestAddress;
}