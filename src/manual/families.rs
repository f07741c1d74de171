//! The address families that are decoded, and the keys that their routes have.
//!
//! Each is a row of the table in [`nlri`](crate::bgp::nlri), which has a file for each layout. What
//! stands there is read, written, described, printed, and made by `ribcage load --scenario
//! families:list=WORD`, whose words are below behind AFI and SAFI.
//!
//! In `pmacct-json` routes of IPv4 and IPv6 unicast, labeled unicast and VPN have pmacct's keys. All
//! others have records with `extra=records` and `extra=all` only, one for each route: in the place
//! of `ip_prefix` stands what the route says of itself, in the words of its standard. Path
//! identifiers are in `as_path_id` as with all families, distinguishers in `rd` with `rd_origin`.
//!
//! A type of route that nobody here knows keeps its number and its octets in `value`. A family
//! without a row has one record for each list, with its octets in `nlri_raw`. What is malformed ends
//! its own list: the routes before it are written, the rest is in `nlri_raw` of an error's record.
//!
//! These are withdrawn examples of each family, one for each set of keys (at most
//! twelve), from behind `safi`:
//!
//! ```text
//! IPv4 unicast (1/1, ipv4)
//!   * "ip_prefix": "10.0.0.0/32"
//! IPv4 multicast (1/2, ipv4-multicast)
//!   * "ip_prefix": "10.0.0.0/32"
//! IPv4 labeled unicast (1/4, ipv4-labeled)
//!   * "ip_prefix": "10.0.0.0/32", "mpls_label": "16"
//! IPv4 VPN (1/128, ipv4-vpn)
//!   * "ip_prefix": "10.0.0.0/32", "rd": "0:65001:0", "rd_origin": "bgp", "mpls_label": "16"
//! IPv4 VPN multicast (1/129, ipv4-vpn-multicast)
//!   * "ip_prefix": "10.0.0.0/32", "rd": "0:65001:0", "rd_origin": "bgp"
//! IPv6 unicast (2/1, ipv6)
//!   * "ip_prefix": "2001:db8::/64"
//! IPv6 multicast (2/2, ipv6-multicast)
//!   * "ip_prefix": "2001:db8::/64"
//! IPv6 labeled unicast (2/4, ipv6-labeled)
//!   * "ip_prefix": "2001:db8::/64", "mpls_label": "16"
//! IPv6 VPN (2/128, ipv6-vpn)
//!   * "ip_prefix": "2001:db8::/64", "rd": "0:65001:0", "rd_origin": "bgp", "mpls_label":
//!     "16"
//! IPv6 VPN multicast (2/129, ipv6-vpn-multicast)
//!   * "ip_prefix": "2001:db8::/64", "rd": "0:65001:0", "rd_origin": "bgp"
//! ```
