//! Requests as messages.

use smpp::codec::Command;
use smpp::driver::Incoming;
use smpp::pdu::{DataSm, DeliverSm, DestAddress, SubmitMulti, SubmitSm};
use smpp::tlv;
use smpp::{DecodeError, DecodeErrorKind};

/// What is wrong with a request, if anything: what could not be decoded as it should, or a value of a mandatory field.
/// TLVs that are unknown, out of place or of another length that peers are known to send are ignored, as section 3.3 says.
pub(super) fn objection<P: Command>(request: &Incoming<'_, P>) -> Option<DecodeError> {
    let is_grave = |finding: &&DecodeError| {
        let is_known_habit = matches!(
            finding.kind,
            DecodeErrorKind::UnknownTlv { .. }
                | DecodeErrorKind::TlvNotAllowed { .. }
                | DecodeErrorKind::TlvRepeated { .. }
                | DecodeErrorKind::TlvInvalidLength { .. }
                | DecodeErrorKind::TlvInvalidValue { .. }
                | DecodeErrorKind::TlvMissing { .. }
        );
        // The destinations of a submit_multi are judged one by one.
        let is_judged_later = P::SPEC.id == SubmitMulti::SPEC.id
            && matches!(finding.field, "dest_addr_ton" | "dest_addr_npi" | "destination_addr");
        !is_known_habit && !is_judged_later && !matches!(finding.field, "sequence_number" | "command_status")
    };
    let findings = smpp::validate_command(request.header(), request.pdu(), &[]);
    request.diagnostics().first().or_else(|| findings.iter().find(is_grave)).cloned()
}

/// The message of a submit_multi to one destination; `None` if that is a distribution list.
pub(super) fn copy_for(request: &SubmitMulti<'_>, destination: DestAddress<'_>) -> Option<SubmitSm<'static>> {
    let DestAddress::SmeAddress { dest_addr_ton, dest_addr_npi, destination_addr } = destination else {
        return None;
    };
    let request = request.as_borrowed();
    let message = SubmitSm {
        service_type: request.service_type,
        source_addr_ton: request.source_addr_ton,
        source_addr_npi: request.source_addr_npi,
        source_addr: request.source_addr,
        dest_addr_ton,
        dest_addr_npi,
        destination_addr,
        esm_class: request.esm_class,
        protocol_id: request.protocol_id,
        priority_flag: request.priority_flag,
        schedule_delivery_time: request.schedule_delivery_time,
        validity_period: request.validity_period,
        registered_delivery: request.registered_delivery,
        replace_if_present_flag: request.replace_if_present_flag,
        data_coding: request.data_coding,
        sm_default_msg_id: request.sm_default_msg_id,
        short_message: request.short_message,
        tlvs: request.tlvs,
    };
    Some(message.into_owned())
}

/// The submit_sm that a data_sm would have been.
pub(super) fn of_data(data: &DataSm<'_>) -> SubmitSm<'static> {
    let data = data.clone().into_owned();
    SubmitSm::default()
        .with_service_type(data.service_type)
        .with_source_addr_ton(data.source_addr_ton)
        .with_source_addr_npi(data.source_addr_npi)
        .with_source_addr(data.source_addr)
        .with_dest_addr_ton(data.dest_addr_ton)
        .with_dest_addr_npi(data.dest_addr_npi)
        .with_destination_addr(data.destination_addr)
        .with_esm_class(data.esm_class)
        .with_registered_delivery(data.registered_delivery)
        .with_data_coding(data.data_coding)
        .with_tlvs(data.tlvs)
}

/// The data_sm that says what a deliver_sm says.
pub(super) fn data_of(mut pdu: DeliverSm<'static>) -> DataSm<'static> {
    let mut data = DataSm::default()
        .with_service_type(pdu.service_type)
        .with_source_addr_ton(pdu.source_addr_ton)
        .with_source_addr_npi(pdu.source_addr_npi)
        .with_source_addr(pdu.source_addr)
        .with_dest_addr_ton(pdu.dest_addr_ton)
        .with_dest_addr_npi(pdu.dest_addr_npi)
        .with_destination_addr(pdu.destination_addr)
        .with_esm_class(pdu.esm_class)
        .with_registered_delivery(pdu.registered_delivery)
        .with_data_coding(pdu.data_coding);
    if !pdu.short_message.is_empty() {
        pdu.tlvs.set::<tlv::MessagePayload>(pdu.short_message);
    }
    data.tlvs = pdu.tlvs;
    data
}
