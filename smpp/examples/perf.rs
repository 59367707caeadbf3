use smpp::codec::*; use smpp::pdu::SubmitSm; use std::hint::black_box;
#[inline(never)] pub fn build_encode(out:&mut Vec<u8>, src:&str,dst:&str,text:&[u8]){
  out.clear();
  let pdu=SubmitSm::default().with_source_addr_ton(5).with_source_addr(src).with_dest_addr_ton(1).with_dest_addr_npi(1).with_destination_addr(dst).with_registered_delivery(1).with_short_message(text).with_user_message_reference(7);
  pdu.encode(9,out).unwrap();
}
#[inline(never)] pub fn decode(d:&mut Decoder, b:&[u8])->usize{
  let f=Frame::split(b,70000).unwrap().unwrap().0;
  match &d.decode_as::<SubmitSm<'_>>(f) { Ok(p) => {black_box(p); p.short_message.len() } Err(_) => panic!() }
}
fn main(){
  println!("size {} tlvs {}", size_of::<SubmitSm<'_>>(), size_of::<Tlvs<'_>>());
  let mut out=Vec::with_capacity(512); let text=[b'x';140]; let n: usize=std::env::args().nth(1).map(|s|s.parse().unwrap()).unwrap_or(1000);
  for _ in 0..n { build_encode(black_box(&mut out),black_box("41791234567"),black_box("41797654321"),black_box(&text)); }
  let mut d=Decoder::default();
  for _ in 0..n { black_box(decode(&mut d,black_box(&out))); }
  println!("{} {:?}",out.len(), d.diagnostics());
}
