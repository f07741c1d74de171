//! The decoder and encoder as a library: BMP and BGP messages read in place, and written.
//!
//! [`crate::wire`], [`crate::bgp`] and [`crate::bmp`] open no socket, read no clock and allocate
//! nothing to read a message: its type borrows the octets that it is read from. Names are those of
//! the standards. Three things hold for every type of message, path attribute and TLV:
//!
//! * `parse` refuses what the standard calls malformed, with the field, its offset and what is
//!   wrong with it ([`crate::wire::WireError`]); codes that nobody here knows are no error;
//! * what `parse` takes, `encode` gives back octet for octet: reserved octets, unknown types and
//!   flags, and what follows after the last field are kept;
//! * `describe` says what it holds as named fields ([`crate::wire::Fields`]), in any form that the
//!   caller likes.
//!
//! # Reading a stream
//!
//! [`crate::bmp::Messages`] gives the whole messages at the front of some octets and leaves the
//! beginning of the next one. One whose body makes no sense is an error between others; only
//! broken framing ends the stream. [`crate::bmp::Message::parse`] reads a single one. Messages of
//! version 4 are `Unknown` to it: [`crate::bmp::v4::Message`] reads those.
//!
//! ```
//! use ribcage::bgp::attr::AttributeCode;
//! use ribcage::bmp::msg::peer_down::PeerDownReason;
//! use ribcage::bmp::msg::statistics_report::StatisticType;
//! use ribcage::bmp::msg::termination::TerminationReason;
//! use ribcage::bmp::{Message, Messages, RibView};
//! # use ribcage::bgp::encode as bgp;
//! # use ribcage::bmp::{PeerHeader, encode as bmp};
//! # fn recording() -> Vec<u8> {
//! #     let (mut out, mut open, mut update) = (Vec::new(), Vec::new(), Vec::new());
//! #     let id = [192, 0, 2, 9].into();
//! #     let capabilities = [bgp::Capability::FourOctetAs(65009)];
//! #     let says =
//! #         bgp::Open { asn: 65009, hold_time: 90, bgp_id: id, capabilities: &capabilities };
//! #     bgp::open(&mut open, &says);
//! #     bgp::update(&mut update, &[], &[0x40, 1, 1, 0, 0x40, 3, 4, 192, 0, 2, 9], &[8, 10]);
//! #     let peer = PeerHeader::new([192, 0, 2, 9].into(), 65009, id);
//! #     bmp::initiation(&mut out, &[(1, b"a router"), (2, b"edge")]);
//! #     bmp::peer_up(&mut out, &peer, &bmp::PeerUp {
//! #         local_address: [192, 0, 2, 1].into(), local_port: 179, remote_port: 40000,
//! #         sent_open: &open, received_open: &open, tlvs: &[],
//! #     });
//! #     bmp::route_monitoring(&mut out, &peer, &update);
//! #     bmp::statistics(&mut out, &peer, &[bmp::Statistic::Gauge(7, 1)]);
//! #     bmp::peer_down(&mut out, &peer, &bmp::PeerDown::LocalEvent(10));
//! #     bmp::termination(&mut out, &[(1, &[0, 2])]);
//! #     out.extend([3, 0, 0]); // the rest has not arrived yet
//! #     out
//! # }
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let stream: Vec<u8> = recording(); // six messages, and the beginning of a seventh
//! let mut messages = Messages::new(&stream);
//! let mut seen = 0;
//! for message in messages.by_ref() {
//!     seen += 1;
//!     match message? {
//!         Message::Initiation(initiation) => {
//!             assert_eq!(initiation.sys_name(), Some("edge"));
//!             assert_eq!(initiation.tlvs.iter().count(), 2);
//!         }
//!         Message::PeerUp(up) => {
//!             assert_eq!((up.peer.asn, up.peer.ip()), (65009, [192, 0, 2, 9].into()));
//!             assert_eq!((up.local_ip(), up.local_port), ([192, 0, 2, 1].into(), 179));
//!             assert_eq!(up.received_open.asn(), 65009); // what its capabilities say
//!             assert_eq!(up.sent_open.hold_time, 90);
//!         }
//!         Message::RouteMonitoring(monitoring) => {
//!             let peer = monitoring.peer_header();
//!             assert_eq!((peer.view(), peer.is_post_policy()), (RibView::AdjRibInPre, false));
//!             let update = monitoring.update()?;
//!             let attributes = update.path_attributes().flatten();
//!             let codes: Vec<_> = attributes.map(|attribute| attribute.code).collect();
//!             assert_eq!(codes, [AttributeCode::Origin, AttributeCode::NextHop]);
//!             assert_eq!(update.nlri.peek(), [8, 10]); // 10.0.0.0/8
//!         }
//!         Message::StatisticsReport(report) => {
//!             let statistic = report.iter().next().ok_or("no statistic")?;
//!             assert_eq!(statistic.kind, StatisticType::AdjRibIn);
//!             assert_eq!(statistic.kind.to_string(), "Number of routes in Adj-RIBs-In");
//!             assert_eq!(statistic.number(), Some(1));
//!         }
//!         Message::PeerDown(down) => {
//!             assert_eq!(down.reason, PeerDownReason::LocalNoNotification);
//!             assert_eq!(down.fsm_event(), Some(10)); // HoldTimer_Expires
//!         }
//!         Message::Termination(termination) => {
//!             assert_eq!(termination.reason(), Some(TerminationReason::OutOfResources));
//!         }
//!         Message::RouteMirroring(mirroring) => {
//!             println!("{} mirrored messages", mirroring.bgp_messages().count());
//!         }
//!         Message::Unknown(other) => println!("type {}, {} octets", other.kind, other.body.len()),
//!         other => println!("{}", other.kind()), // types that are still drafts
//!     }
//! }
//! assert_eq!((seen, messages.rest()), (6, &[3, 0, 0][..]));
//! # Ok(())
//! # }
//! ```
//!
//! # Writing
//!
//! Every type of message has public fields and appends itself to a `Vec<u8>`. Lists are put
//! together as [`crate::wire::Items`], which own their octets, and lent to the message. Who has
//! nothing but octets, or wants to write odd messages, takes the functions of
//! [`crate::bmp::encode`] and [`crate::bgp::encode`], which refuse nothing.
//!
//! ```
//! use ribcage::bgp::capability::Capability;
//! use ribcage::bgp::notification::ErrorCode;
//! use ribcage::bgp::{Notification, Open, encode as bgp};
//! use ribcage::bmp::msg::initiation::{Initiation, InitiationTlv};
//! use ribcage::bmp::msg::peer_down::{PeerDown, PeerDownData, PeerDownReason};
//! use ribcage::bmp::msg::peer_up::{PeerUp, PeerUpTlv};
//! use ribcage::bmp::msg::route_mirroring::{MirroringTlv, RouteMirroring};
//! use ribcage::bmp::msg::route_monitoring::RouteMonitoring;
//! use ribcage::bmp::msg::statistics_report::{
//!     Statistic, StatisticType, StatisticValue, StatisticsReport,
//! };
//! use ribcage::bmp::msg::termination::{Termination, TerminationReason, TerminationTlv};
//! use ribcage::bmp::{Messages, PeerHeader, address_octets};
//! use ribcage::wire::{Family, Items, Reader, Timestamp};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut stream = Vec::new();
//!
//! let tlvs = Items::of([
//!     InitiationTlv::SysDescr.tlv(b"a router"),
//!     InitiationTlv::SysName.tlv(b"edge"),
//! ]);
//! Initiation { tlvs: (&tlvs).into() }.encode(&mut stream);
//!
//! // The per-peer header of an Adj-RIB-In before the policy, and of one after it.
//! let id = [192, 0, 2, 9].into();
//! let now = Timestamp::new(1_790_000_000, 250_000);
//! let peer = PeerHeader::new([192, 0, 2, 9].into(), 65009, id).at(now);
//! let post_policy = peer.with_flags(PeerHeader::FLAG_L);
//!
//! let mut open = Vec::new();
//! Open::builder(65009, 90, id).capability(&Capability::FourOctetAs(65009)).encode(&mut open);
//! let open = Open::parse(&mut Reader::new(&open))?;
//! let vrf = Items::of([PeerUpTlv::VrfTableName.tlv(b"global")]);
//! let up = PeerUp {
//!     peer,
//!     local_address: address_octets([192, 0, 2, 1].into()),
//!     local_port: 179,
//!     remote_port: 40000,
//!     sent_open: open,
//!     received_open: open,
//!     tlvs: (&vrf).into(),
//! };
//! up.encode(&mut stream);
//!
//! let mut update = Vec::new();
//! bgp::update_with(
//!     &mut update,
//!     |_withdrawn| (),
//!     |attributes| {
//!         bgp::origin(attributes, 0);
//!         bgp::as_path(attributes, &[bgp::Segment::Sequence(&[65009])]);
//!         bgp::next_hop(attributes, [192, 0, 2, 9].into());
//!     },
//!     |nlri| nlri.extend([8, 10]),
//! );
//! RouteMonitoring::new(&post_policy.octets(), &update)?.encode(&mut stream);
//!
//! let statistics = Items::of([
//!     Statistic::new(StatisticType::AsPathLoop, StatisticValue::Counter(2)),
//!     Statistic::new(StatisticType::AdjRibIn, StatisticValue::Gauge(1)),
//!     Statistic::new(
//!         StatisticType::AdjRibInPerFamily,
//!         StatisticValue::FamilyGauge(Family::IPV4_UNICAST, 1),
//!     ),
//! ]);
//! StatisticsReport::new(peer, &statistics).encode(&mut stream);
//!
//! let mirrored = Items::of([MirroringTlv::BgpMessage.tlv(&update)]);
//! RouteMirroring { peer, tlvs: (&mirrored).into() }.encode(&mut stream);
//!
//! let cease = Notification { code: ErrorCode::Cease, subcode: 2, data: &[] };
//! let data = PeerDownData::Notification(cease);
//! PeerDown::new(peer, PeerDownReason::RemoteNotification, data).encode(&mut stream);
//!
//! let reason = TerminationReason::AdministrativelyClosed.0.to_be_bytes();
//! let tlvs = Items::of([TerminationTlv::Reason.tlv(&reason)]);
//! Termination { tlvs: (&tlvs).into() }.encode(&mut stream);
//!
//! // What was written is read, and written again.
//! let mut again = Vec::new();
//! for message in Messages::new(&stream) {
//!     message?.encode(&mut again);
//! }
//! assert_eq!(again, stream);
//! # Ok(())
//! # }
//! ```
//!
//! # Describing
//!
//! [`crate::wire::Outline`] makes a line of text; another form is another implementation of
//! [`crate::wire::Fields`].
//!
//! ```
//! use ribcage::bmp::Message;
//! use ribcage::wire::Outline;
//!
//! let octets = [3, 0, 0, 0, 14, 4, 0, 2, 0, 4, b'e', b'd', b'g', b'e'];
//! let (message, rest) = Message::parse(&octets)?;
//! assert!(rest.is_empty());
//! assert_eq!(
//!     Outline::of(|fields| message.describe(fields)),
//!     "version=3 type=Initiation Message tlvs=[{type=sysName value=edge}]"
//! );
//! let error = Message::parse(&octets[..9]).unwrap_err();
//! assert_eq!(error.to_string(), "BMP message of at least 14 octets is cut");
//! # Ok::<(), ribcage::bmp::MessageError>(())
//! ```
//!
//! A message of version 4 is described by the numbers of a draft:
//!
//! ```
//! use ribcage::bmp::v4::{Message, Profile};
//! use ribcage::wire::Outline;
//!
//! let octets = [4, 0, 0, 0, 12, 5, 0, 1, 0, 2, 0, 3];
//! let (message, _) = Message::parse(&octets)?;
//! assert_eq!(
//!     Outline::of(|fields| message.describe(Profile::Draft20, fields)),
//!     "version=4 type=Termination Message tlvs=[{type=Reason reason=Redundant connection}]"
//! );
//! # Ok::<(), ribcage::bmp::MessageError>(())
//! ```
//!
//! # Coming from os-ken
//!
//! What a class of `os_ken.lib.packet.bmp` and its attributes are here. All names are under
//! [`crate::bmp`]; those of messages under [`crate::bmp::msg`], each in a module of its own.
//!
//! | os-ken                              | here                                                |
//! |-------------------------------------|-----------------------------------------------------|
//! | `BMPMessage`                        | `Message`                                           |
//! | `.parser(buf)`                      | `Message::parse(octets)`, `Messages::new(octets)`   |
//! | `.serialize()`                      | `encode(&mut out)` of every message                 |
//! | `.version`                          | `Message::version()`                                |
//! | `.len`                              | written by `encode`; read: `CommonHeader::parse`    |
//! | `.type`                             | `Message::kind()`, a `MessageType`                  |
//! | `BMPPeerMessage`                    | `PeerHeader`, from `Message::peer()`                |
//! | `.peer_type`                        | `kind`, a `PeerType`                                |
//! | `.peer_flags`                       | `flags`, and one method for each flag               |
//! | `.is_post_policy`                   | `is_post_policy()`; the whole view is in `view()`   |
//! | `.peer_distinguisher`               | `distinguisher`                                     |
//! | `.peer_address`                     | `ip()`; as on the wire: `address`                   |
//! | `.peer_as`                          | `asn`                                               |
//! | `.peer_bgp_id`                      | `bgp_id`                                            |
//! | `.timestamp`                        | `timestamp`: seconds and microseconds               |
//! | `BMPInitiation`                     | `Initiation`                                        |
//! | `.info`                             | `tlvs`, each a `Tlv`; `sys_name()`, `sys_descr()`   |
//! | `BMPTermination`                    | `Termination`                                       |
//! | `.info`                             | `tlvs`, each a `Tlv`; `reason()`                    |
//! | `BMPPeerUpNotification`             | `PeerUp`                                            |
//! | `.local_address`                    | `local_ip()`; as on the wire: `local_address`       |
//! | `.local_port`, `.remote_port`       | `local_port`, `remote_port`                         |
//! | `.sent_open_message`                | `sent_open`, a [`crate::bgp::Open`]                 |
//! | `.received_open_message`            | `received_open`, a [`crate::bgp::Open`]             |
//! | `BMPPeerDownNotification`           | `PeerDown`                                          |
//! | `.reason`                           | `reason`, a `PeerDownReason`                        |
//! | `.data`                             | `data`, a `PeerDownData`; beyond it: `extra`        |
//! | `BMPStatisticsReport`               | `StatisticsReport`                                  |
//! | `.stats`                            | `iter()`, each a `Statistic`                        |
//! | `BMPRouteMonitoring`                | `RouteMonitoring`                                   |
//! | `.bgp_update`                       | `update()`, a [`crate::bgp::Update`]; `bgp`         |
//!
//! Beyond os-ken there are `RouteMirroring` and `RoutePolicyTrace`, the Loc-RIB and Adj-RIB-Out
//! views, the TLVs of Peer Up and Peer Down, version 4 ([`crate::bmp::v4`]), and `Unknown` for all
//! that is not read here.
