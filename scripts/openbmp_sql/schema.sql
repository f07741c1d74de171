-- Tables of the shape that OpenBMP's consumer for PostgreSQL fills: names, types and widths of
-- columns as it needs them, nothing else. A value that does not fit fails the statement.

CREATE TYPE opstate AS ENUM ('up', 'down', '');
CREATE TYPE ls_proto AS ENUM
    ('IS-IS_L1', 'IS-IS_L2', 'OSPFv2', 'Direct', 'Static', 'OSPFv3', '');
CREATE TYPE ospf_route_type AS ENUM
    ('Intra', 'Inter', 'Ext-1', 'Ext-2', 'NSSA-1', 'NSSA-2', '');
CREATE TYPE ls_mpls_proto_mask AS ENUM ('LDP', 'RSVP-TE', '');

CREATE TABLE collectors (
    hash_id uuid PRIMARY KEY, state opstate, admin_id varchar(64) NOT NULL,
    routers varchar(4096), router_count smallint NOT NULL, timestamp timestamp(6) NOT NULL
);

CREATE TABLE routers (
    hash_id uuid PRIMARY KEY, name varchar(200) NOT NULL, ip_address inet NOT NULL,
    timestamp timestamp(6) NOT NULL, state opstate, term_reason_code int,
    term_reason_text varchar(255), term_data text, init_data text, description varchar(255),
    collector_hash_id uuid NOT NULL, bgp_id inet
);

CREATE TABLE bgp_peers (
    hash_id uuid PRIMARY KEY, router_hash_id uuid NOT NULL, peer_rd varchar(32) NOT NULL,
    isipv4 boolean NOT NULL, peer_addr inet NOT NULL, name varchar(200), peer_bgp_id inet,
    peer_as bigint NOT NULL, state opstate NOT NULL, isl3vpnpeer boolean NOT NULL,
    timestamp timestamp(6) NOT NULL, isprepolicy boolean, local_ip inet, local_bgp_id inet,
    local_port int, local_hold_time smallint, local_asn bigint, remote_port int,
    remote_hold_time smallint, sent_capabilities varchar(4096), recv_capabilities varchar(4096),
    bmp_reason smallint, bgp_err_code smallint, bgp_err_subcode smallint, error_text varchar(255),
    islocrib boolean NOT NULL, islocribfiltered boolean NOT NULL, table_name varchar(255)
);

CREATE TABLE stat_reports (
    id bigserial PRIMARY KEY, peer_hash_id uuid NOT NULL, timestamp timestamp(6) NOT NULL,
    prefixes_rejected bigint, known_dup_prefixes bigint, known_dup_withdraws bigint,
    invalid_by_cluster_list bigint, invalid_by_as_path_loop bigint,
    invalid_by_originator_id bigint, invalid_by_as_confed_loop bigint,
    routes_adj_rib_in bigint, routes_local_rib bigint
);

CREATE TABLE base_attrs (
    hash_id uuid PRIMARY KEY, peer_hash_id uuid NOT NULL, origin varchar(16) NOT NULL,
    as_path bigint[] NOT NULL, origin_as bigint, next_hop inet, med bigint, local_pref bigint,
    isatomicagg boolean, aggregator varchar(64), community_list varchar(15)[],
    ext_community_list varchar(50)[], large_community_list varchar(40)[],
    cluster_list varchar(40)[], originator_id inet, as_path_count smallint,
    nexthop_isipv4 boolean, timestamp timestamp(6) NOT NULL
);

CREATE TABLE ip_rib (
    hash_id uuid, peer_hash_id uuid, base_attr_hash_id uuid, isipv4 boolean NOT NULL,
    origin_as bigint, prefix inet NOT NULL, prefix_len smallint NOT NULL,
    timestamp timestamp(6) NOT NULL, iswithdrawn boolean NOT NULL, path_id bigint,
    labels varchar(255), isprepolicy boolean NOT NULL, isadjribin boolean NOT NULL,
    PRIMARY KEY (peer_hash_id, hash_id)
);

CREATE TABLE l3vpn_rib (
    hash_id uuid, peer_hash_id uuid, base_attr_hash_id uuid, isipv4 boolean NOT NULL,
    rd varchar(128) NOT NULL, origin_as bigint, prefix inet NOT NULL,
    prefix_len smallint NOT NULL, timestamp timestamp(6) NOT NULL, iswithdrawn boolean NOT NULL,
    path_id bigint, labels varchar(255), ext_community_list varchar(50)[],
    isprepolicy boolean NOT NULL, isadjribin boolean NOT NULL,
    PRIMARY KEY (peer_hash_id, hash_id)
);

CREATE TABLE ls_nodes (
    hash_id uuid, peer_hash_id uuid, base_attr_hash_id uuid, seq bigint NOT NULL,
    asn bigint NOT NULL, bgp_ls_id bigint NOT NULL, igp_router_id varchar(46) NOT NULL,
    ospf_area_id varchar(16) NOT NULL, protocol ls_proto, router_id varchar(46) NOT NULL,
    isis_area_id varchar(46), flags varchar(20), name varchar(255), mt_ids varchar(128),
    sr_capabilities varchar(255), iswithdrawn boolean NOT NULL, timestamp timestamp(6) NOT NULL,
    PRIMARY KEY (hash_id, peer_hash_id)
);

CREATE TABLE ls_links (
    hash_id uuid, peer_hash_id uuid, base_attr_hash_id uuid, seq bigint NOT NULL,
    mt_id int NOT NULL, interface_addr inet, neighbor_addr inet, isipv4 boolean NOT NULL,
    protocol ls_proto, local_link_id bigint, remote_link_id bigint,
    local_node_hash_id uuid NOT NULL, remote_node_hash_id uuid NOT NULL, admin_group int NOT NULL,
    max_link_bw bigint, max_resv_bw bigint, unreserved_bw varchar(128), te_def_metric bigint,
    protection_type varchar(60), mpls_proto_mask ls_mpls_proto_mask, igp_metric bigint NOT NULL,
    srlg varchar(128), name varchar(255), local_igp_router_id varchar(46) NOT NULL,
    local_router_id varchar(46) NOT NULL, remote_igp_router_id varchar(46) NOT NULL,
    remote_router_id varchar(46) NOT NULL, local_asn bigint NOT NULL, remote_asn bigint NOT NULL,
    peer_node_sid varchar(128), sr_adjacency_sids varchar(255), iswithdrawn boolean NOT NULL,
    timestamp timestamp(6) NOT NULL,
    PRIMARY KEY (hash_id, peer_hash_id)
);

CREATE TABLE ls_prefixes (
    hash_id uuid, peer_hash_id uuid, base_attr_hash_id uuid, seq bigint NOT NULL,
    local_node_hash_id uuid NOT NULL, mt_id int NOT NULL, protocol ls_proto, prefix inet NOT NULL,
    prefix_len smallint NOT NULL, ospf_route_type ospf_route_type NOT NULL,
    igp_flags varchar(20), isipv4 boolean NOT NULL, route_tag bigint NOT NULL,
    ext_route_tag bigint NOT NULL, metric bigint NOT NULL, ospf_fwd_addr inet,
    sr_prefix_sids varchar(255), iswithdrawn boolean NOT NULL, timestamp timestamp(6) NOT NULL,
    PRIMARY KEY (hash_id, peer_hash_id)
);
