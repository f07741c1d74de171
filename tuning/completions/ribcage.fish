# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_ribcage_global_optspecs
    string join \n q/quiet v/verbose log-format= log-level= color= h/help V/version
end

function __fish_ribcage_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_ribcage_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_ribcage_using_subcommand
    set -l cmd (__fish_ribcage_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c ribcage -n "__fish_ribcage_needs_command" -l log-format -d 'How log lines look: `TIME LEVEL event key=value…`, or a JSON object each' -r -f -a "text\t'`TIME LEVEL event key=value…`'
json\t'One JSON object a line: `{"time":…,"level":…,"event":…,…}`'"
complete -c ribcage -n "__fish_ribcage_needs_command" -l log-level -d 'The least important level that is logged; overrides -q and -v [default: info]' -r -f -a "error\t'What failed for good'
warn\t'What is wrong, but goes on'
info\t'What happens'
debug\t'What helps to find a fault'
trace\t'Everything, also what libraries say'"
complete -c ribcage -n "__fish_ribcage_needs_command" -l color -d 'When log lines are coloured' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Always'
never\t'Never'"
complete -c ribcage -n "__fish_ribcage_needs_command" -s q -l quiet -d 'Log only warnings and errors'
complete -c ribcage -n "__fish_ribcage_needs_command" -s v -l verbose -d 'Log more: -v for DEBUG, -vv for TRACE'
complete -c ribcage -n "__fish_ribcage_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ribcage -n "__fish_ribcage_needs_command" -s V -l version -d 'Print version'
complete -c ribcage -n "__fish_ribcage_needs_command" -f -a "collect" -d 'Accept routers\' BMP sessions and hand on what they say'
complete -c ribcage -n "__fish_ribcage_needs_command" -f -a "decode" -d 'Decode files that hold BMP'
complete -c ribcage -n "__fish_ribcage_needs_command" -f -a "load" -d 'Play routers against a collector'
complete -c ribcage -n "__fish_ribcage_needs_command" -f -a "bench" -d 'Start a collector, play routers against it, and measure both'
complete -c ribcage -n "__fish_ribcage_needs_command" -f -a "plan" -d 'Show which CPUs reactors and writers would run on, and why'
complete -c ribcage -n "__fish_ribcage_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ribcage -n "__fish_ribcage_using_subcommand collect" -s c -l config -d 'Take from this file what is not typed here: TOML, whose keys are these flags' -r -F
complete -c ribcage -n "__fish_ribcage_using_subcommand collect" -s l -l listen -d 'Accept router connections on this address; may be repeated [default: [::]:11019]' -r
complete -c ribcage -n "__fish_ribcage_using_subcommand collect" -l connect -d 'Connect to this router, which waits for it (RFC 7854 §3.2); may be repeated' -r
complete -c ribcage -n "__fish_ribcage_using_subcommand collect" -s o -l output -d 'Write to this output; may be repeated [default: pmacct-json=stdout:]' -r
complete -c ribcage -n "__fish_ribcage_using_subcommand collect" -l filter -d 'Show only records and routes that fit, on every output; the terms are listed below' -r
complete -c ribcage -n "__fish_ribcage_using_subcommand collect" -l reactor-cores -d 'CPUs for reactors, which read and decode, such as 0-3,8 [default: as `ribcage plan` says]' -r
complete -c ribcage -n "__fish_ribcage_using_subcommand collect" -l writer-cores -d 'CPUs for writers, which format and write [default: as `ribcage plan` says]' -r
complete -c ribcage -n "__fish_ribcage_using_subcommand collect" -l batch-memory -d 'Memory for data on its way to the outputs; when it is full, routers are held back [default: 64MiB]' -r
complete -c ribcage -n "__fish_ribcage_using_subcommand collect" -l flush-interval -d 'The longest that a record waits before it is written, 1ms to 10s [default: 10ms]' -r
complete -c ribcage -n "__fish_ribcage_using_subcommand collect" -l max-frame -d 'The largest BMP message, 4KiB to 16MiB; a longer one ends its session [default: 1MiB]' -r
complete -c ribcage -n "__fish_ribcage_using_subcommand collect" -l drain-timeout -d 'How long a stop waits for outputs to take what is on its way, at most 1d [default: 30s]' -r
complete -c ribcage -n "__fish_ribcage_using_subcommand collect" -l allow -d 'Take routers from this prefix; may be repeated [default: from everywhere]' -r
complete -c ribcage -n "__fish_ribcage_using_subcommand collect" -l max-routers -d 'Router sessions in all; more are refused [default: 20000]' -r
complete -c ribcage -n "__fish_ribcage_using_subcommand collect" -l max-routers-per-source -d 'Router sessions from one address; more are refused [default: no limit]' -r
complete -c ribcage -n "__fish_ribcage_using_subcommand collect" -l accept-rate -d 'Routers admitted a second; more wait in the kernel\'s backlog [default: 5000/s]' -r
complete -c ribcage -n "__fish_ribcage_using_subcommand collect" -l idle-timeout -d 'Close a session after so long a silence, at least 1s [default: never]' -r
complete -c ribcage -n "__fish_ribcage_using_subcommand collect" -l keepalive -d 'TCP keepalive: quiet time before the first probe, time between probes, unanswered probes after which the router is gone [default: 60s,10s,6]' -r
complete -c ribcage -n "__fish_ribcage_using_subcommand collect" -l receive-buffer -d 'Receive buffer of each connection, 4KiB to 1GiB [default: sized by the kernel as it goes]' -r
complete -c ribcage -n "__fish_ribcage_using_subcommand collect" -l dscp -d 'DSCP of what is sent to routers, 0 to 63 [default: the kernel\'s]' -r
complete -c ribcage -n "__fish_ribcage_using_subcommand collect" -l bmp-v4 -d 'Whose numbers the TLVs of BMP version 4 have: auto tells them from each session\'s messages' -r -f -a "auto\t'Told from each session\'s messages'
draft-17\t'Those of draft-ietf-grow-bmp-tlv-17 and before'
draft-19\t'Those of -18 and -19'
draft-20\t'Those of -20'
draft-21\t'Those of -21'"
complete -c ribcage -n "__fish_ribcage_using_subcommand collect" -l rel-type -d 'The message type of Route Event Logging, which has none assigned yet [default: none]' -r
complete -c ribcage -n "__fish_ribcage_using_subcommand collect" -l log-format -d 'How log lines look: `TIME LEVEL event key=value…`, or a JSON object each' -r -f -a "text\t'`TIME LEVEL event key=value…`'
json\t'One JSON object a line: `{"time":…,"level":…,"event":…,…}`'"
complete -c ribcage -n "__fish_ribcage_using_subcommand collect" -l log-level -d 'The least important level that is logged; overrides -q and -v [default: info]' -r -f -a "error\t'What failed for good'
warn\t'What is wrong, but goes on'
info\t'What happens'
debug\t'What helps to find a fault'
trace\t'Everything, also what libraries say'"
complete -c ribcage -n "__fish_ribcage_using_subcommand collect" -l color -d 'When log lines are coloured' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Always'
never\t'Never'"
complete -c ribcage -n "__fish_ribcage_using_subcommand collect" -l check -d 'Print the configuration as it would hold, with the origin of each value, and end'
complete -c ribcage -n "__fish_ribcage_using_subcommand collect" -l busy-poll -d 'Look for work all the time instead of sleeping: reactors and writers use their CPUs whole'
complete -c ribcage -n "__fish_ribcage_using_subcommand collect" -s q -l quiet -d 'Log only warnings and errors'
complete -c ribcage -n "__fish_ribcage_using_subcommand collect" -s v -l verbose -d 'Log more: -v for DEBUG, -vv for TRACE'
complete -c ribcage -n "__fish_ribcage_using_subcommand collect" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ribcage -n "__fish_ribcage_using_subcommand collect" -s V -l version -d 'Print version'
complete -c ribcage -n "__fish_ribcage_using_subcommand decode" -l input-format -d 'What the files hold; they may be compressed with gzip, bzip2 or zstd' -r -f -a "auto\t'Told by the first octets'
bmp\t'BMP messages one after the other, as a router sends them'
pcap\t'A pcap or pcapng capture; BMP is told by content, on any port'
mrt\t'MRT, as route collectors record messages (BGP4MP) and tables (TABLE_DUMP, TABLE_DUMP_V2)'
openbmp-raw\t'Messages of OpenBMP\'s topic bmp_raw, behind binary headers or lines of text'
ris-live\t'JSON lines of RIS Live'"
complete -c ribcage -n "__fish_ribcage_using_subcommand decode" -s F -l format -d 'Print this format to standard output [default: pmacct-json]' -r
complete -c ribcage -n "__fish_ribcage_using_subcommand decode" -s o -l output -d 'Write to this output instead; may be repeated' -r
complete -c ribcage -n "__fish_ribcage_using_subcommand decode" -l filter -d 'Show only records and routes that fit, on every output; the terms are listed below' -r
complete -c ribcage -n "__fish_ribcage_using_subcommand decode" -l router -d 'What the router is called [default: its address in a capture, 0.0.0.0:0 in other input]' -r
complete -c ribcage -n "__fish_ribcage_using_subcommand decode" -l arrival -d 'Arrival times: capture (those of packets and records, now where there are none), now, or one time for all' -r
complete -c ribcage -n "__fish_ribcage_using_subcommand decode" -l bmp-v4 -d 'Whose numbers the TLVs of BMP version 4 have: auto tells them from each session\'s messages' -r -f -a "auto\t'Told from each session\'s messages'
draft-17\t'Those of draft-ietf-grow-bmp-tlv-17 and before'
draft-19\t'Those of -18 and -19'
draft-20\t'Those of -20'
draft-21\t'Those of -21'"
complete -c ribcage -n "__fish_ribcage_using_subcommand decode" -l rel-type -d 'The message type of Route Event Logging, which has none assigned yet [default: none]' -r
complete -c ribcage -n "__fish_ribcage_using_subcommand decode" -l log-format -d 'How log lines look: `TIME LEVEL event key=value…`, or a JSON object each' -r -f -a "text\t'`TIME LEVEL event key=value…`'
json\t'One JSON object a line: `{"time":…,"level":…,"event":…,…}`'"
complete -c ribcage -n "__fish_ribcage_using_subcommand decode" -l log-level -d 'The least important level that is logged; overrides -q and -v [default: info]' -r -f -a "error\t'What failed for good'
warn\t'What is wrong, but goes on'
info\t'What happens'
debug\t'What helps to find a fault'
trace\t'Everything, also what libraries say'"
complete -c ribcage -n "__fish_ribcage_using_subcommand decode" -l color -d 'When log lines are coloured' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Always'
never\t'Never'"
complete -c ribcage -n "__fish_ribcage_using_subcommand decode" -l strict -d 'Exit with 1 for odd messages, too, and for a stream that is cut inside a message'
complete -c ribcage -n "__fish_ribcage_using_subcommand decode" -s q -l quiet -d 'Log only warnings and errors'
complete -c ribcage -n "__fish_ribcage_using_subcommand decode" -s v -l verbose -d 'Log more: -v for DEBUG, -vv for TRACE'
complete -c ribcage -n "__fish_ribcage_using_subcommand decode" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ribcage -n "__fish_ribcage_using_subcommand decode" -s V -l version -d 'Print version'
complete -c ribcage -n "__fish_ribcage_using_subcommand load" -l target -d 'The collector to connect to' -r
complete -c ribcage -n "__fish_ribcage_using_subcommand load" -l replay -d 'Send what these files hold (BMP, captures, MRT, OpenBMP, RIS Live) instead of made-up routers' -r -F
complete -c ribcage -n "__fish_ribcage_using_subcommand load" -l input-format -d 'What those files hold; they may be compressed with gzip, bzip2 or zstd' -r -f -a "auto\t'Told by the first octets'
bmp\t'BMP messages one after the other, as a router sends them'
pcap\t'A pcap or pcapng capture; BMP is told by content, on any port'
mrt\t'MRT, as route collectors record messages (BGP4MP) and tables (TABLE_DUMP, TABLE_DUMP_V2)'
openbmp-raw\t'Messages of OpenBMP\'s topic bmp_raw, behind binary headers or lines of text'
ris-live\t'JSON lines of RIS Live'"
complete -c ribcage -n "__fish_ribcage_using_subcommand load" -l routers -d 'Routers to play, each a connection of its own [default: 1, or as many as are recorded]' -r
complete -c ribcage -n "__fish_ribcage_using_subcommand load" -l peers -d 'Peers per router' -r
complete -c ribcage -n "__fish_ribcage_using_subcommand load" -l prefixes -d 'Prefixes per peer' -r
complete -c ribcage -n "__fish_ribcage_using_subcommand load" -l scenario -d 'What happens besides and after the initial dump, see below; may be repeated' -r
complete -c ribcage -n "__fish_ribcage_using_subcommand load" -l repeat -d 'How often the initial dump, or the recording, is sent' -r
complete -c ribcage -n "__fish_ribcage_using_subcommand load" -l seed -d 'The same seed gives the same routers and scenarios' -r
complete -c ribcage -n "__fish_ribcage_using_subcommand load" -l source-addresses -d 'Where routers connect from: router N (from 0) from address N+1 of a prefix; off leaves it to the kernel; auto is 127.0.0.0/8 for an IPv4 loopback target, else off' -r
complete -c ribcage -n "__fish_ribcage_using_subcommand load" -l rate -d 'How fast all routers together send: 5000/s (messages), 10MiB/s (octets), x1 or x0.5 (times the recorded pace), or max' -r
complete -c ribcage -n "__fish_ribcage_using_subcommand load" -l sink -d 'Receive there what the collector writes, and measure how long that takes' -r
complete -c ribcage -n "__fish_ribcage_using_subcommand load" -l sink-wait -d 'How long the sink waits for the collector, and in silence for what is missing' -r
complete -c ribcage -n "__fish_ribcage_using_subcommand load" -l cores -d 'CPUs for the threads, one each, such as 0-3,8 [default: as many threads as CPUs, unpinned]' -r
complete -c ribcage -n "__fish_ribcage_using_subcommand load" -l json -d 'Write the result to this file as JSON, `-` for standard output' -r -F
complete -c ribcage -n "__fish_ribcage_using_subcommand load" -l log-format -d 'How log lines look: `TIME LEVEL event key=value…`, or a JSON object each' -r -f -a "text\t'`TIME LEVEL event key=value…`'
json\t'One JSON object a line: `{"time":…,"level":…,"event":…,…}`'"
complete -c ribcage -n "__fish_ribcage_using_subcommand load" -l log-level -d 'The least important level that is logged; overrides -q and -v [default: info]' -r -f -a "error\t'What failed for good'
warn\t'What is wrong, but goes on'
info\t'What happens'
debug\t'What helps to find a fault'
trace\t'Everything, also what libraries say'"
complete -c ribcage -n "__fish_ribcage_using_subcommand load" -l color -d 'When log lines are coloured' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Always'
never\t'Never'"
complete -c ribcage -n "__fish_ribcage_using_subcommand load" -s q -l quiet -d 'Log only warnings and errors'
complete -c ribcage -n "__fish_ribcage_using_subcommand load" -s v -l verbose -d 'Log more: -v for DEBUG, -vv for TRACE'
complete -c ribcage -n "__fish_ribcage_using_subcommand load" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ribcage -n "__fish_ribcage_using_subcommand load" -s V -l version -d 'Print version'
complete -c ribcage -n "__fish_ribcage_using_subcommand bench" -l replay -d 'Send what these files hold (BMP, captures, MRT, OpenBMP, RIS Live) instead of made-up routers' -r -F
complete -c ribcage -n "__fish_ribcage_using_subcommand bench" -l input-format -d 'What those files hold; they may be compressed with gzip, bzip2 or zstd' -r -f -a "auto\t'Told by the first octets'
bmp\t'BMP messages one after the other, as a router sends them'
pcap\t'A pcap or pcapng capture; BMP is told by content, on any port'
mrt\t'MRT, as route collectors record messages (BGP4MP) and tables (TABLE_DUMP, TABLE_DUMP_V2)'
openbmp-raw\t'Messages of OpenBMP\'s topic bmp_raw, behind binary headers or lines of text'
ris-live\t'JSON lines of RIS Live'"
complete -c ribcage -n "__fish_ribcage_using_subcommand bench" -l routers -d 'Routers to play, each a connection of its own [default: 1, or as many as are recorded]' -r
complete -c ribcage -n "__fish_ribcage_using_subcommand bench" -l peers -d 'Peers per router' -r
complete -c ribcage -n "__fish_ribcage_using_subcommand bench" -l prefixes -d 'Prefixes per peer' -r
complete -c ribcage -n "__fish_ribcage_using_subcommand bench" -l scenario -d 'What happens besides and after the initial dump, see below; may be repeated' -r
complete -c ribcage -n "__fish_ribcage_using_subcommand bench" -l repeat -d 'How often the initial dump, or the recording, is sent' -r
complete -c ribcage -n "__fish_ribcage_using_subcommand bench" -l seed -d 'The same seed gives the same routers and scenarios' -r
complete -c ribcage -n "__fish_ribcage_using_subcommand bench" -l source-addresses -d 'Where routers connect from: router N (from 0) from address N+1 of a prefix; off leaves it to the kernel; auto is 127.0.0.0/8 for an IPv4 loopback target, else off' -r
complete -c ribcage -n "__fish_ribcage_using_subcommand bench" -l rate -d 'How fast all routers together send: as for `load`, or half of what a first run comes to' -r
complete -c ribcage -n "__fish_ribcage_using_subcommand bench" -s o -l output -d 'What the collector writes; with a URL it goes there and no latency is measured' -r
complete -c ribcage -n "__fish_ribcage_using_subcommand bench" -l reactor-cores -d 'CPUs for the collector\'s reactors [default: up to half of the CPUs, with the writers\']' -r
complete -c ribcage -n "__fish_ribcage_using_subcommand bench" -l writer-cores -d 'CPUs for the collector\'s writers [default: the last of the collector\'s CPUs]' -r
complete -c ribcage -n "__fish_ribcage_using_subcommand bench" -l cores -d 'CPUs for the routers and, the last of them, for the receiver [default: those that are left]' -r
complete -c ribcage -n "__fish_ribcage_using_subcommand bench" -l flush-interval -d 'The collector\'s --flush-interval [default: 10ms]' -r
complete -c ribcage -n "__fish_ribcage_using_subcommand bench" -l runs -d 'How often to measure, each time with a new collector; the report has the medians' -r
complete -c ribcage -n "__fish_ribcage_using_subcommand bench" -l sink-wait -d 'How long to wait for the collector\'s connection, and in silence for what is missing' -r
complete -c ribcage -n "__fish_ribcage_using_subcommand bench" -l json -d 'Write the result to this file as JSON, `-` for standard output' -r -F
complete -c ribcage -n "__fish_ribcage_using_subcommand bench" -l log-format -d 'How log lines look: `TIME LEVEL event key=value…`, or a JSON object each' -r -f -a "text\t'`TIME LEVEL event key=value…`'
json\t'One JSON object a line: `{"time":…,"level":…,"event":…,…}`'"
complete -c ribcage -n "__fish_ribcage_using_subcommand bench" -l log-level -d 'The least important level that is logged; overrides -q and -v [default: info]' -r -f -a "error\t'What failed for good'
warn\t'What is wrong, but goes on'
info\t'What happens'
debug\t'What helps to find a fault'
trace\t'Everything, also what libraries say'"
complete -c ribcage -n "__fish_ribcage_using_subcommand bench" -l color -d 'When log lines are coloured' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Always'
never\t'Never'"
complete -c ribcage -n "__fish_ribcage_using_subcommand bench" -s q -l quiet -d 'Log only warnings and errors'
complete -c ribcage -n "__fish_ribcage_using_subcommand bench" -s v -l verbose -d 'Log more: -v for DEBUG, -vv for TRACE'
complete -c ribcage -n "__fish_ribcage_using_subcommand bench" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ribcage -n "__fish_ribcage_using_subcommand bench" -s V -l version -d 'Print version'
complete -c ribcage -n "__fish_ribcage_using_subcommand plan" -l reactor-cores -d 'With these CPUs for reactors, as `collect` takes them' -r
complete -c ribcage -n "__fish_ribcage_using_subcommand plan" -l writer-cores -d 'With these CPUs for writers, as `collect` takes them' -r
complete -c ribcage -n "__fish_ribcage_using_subcommand plan" -l log-format -d 'How log lines look: `TIME LEVEL event key=value…`, or a JSON object each' -r -f -a "text\t'`TIME LEVEL event key=value…`'
json\t'One JSON object a line: `{"time":…,"level":…,"event":…,…}`'"
complete -c ribcage -n "__fish_ribcage_using_subcommand plan" -l log-level -d 'The least important level that is logged; overrides -q and -v [default: info]' -r -f -a "error\t'What failed for good'
warn\t'What is wrong, but goes on'
info\t'What happens'
debug\t'What helps to find a fault'
trace\t'Everything, also what libraries say'"
complete -c ribcage -n "__fish_ribcage_using_subcommand plan" -l color -d 'When log lines are coloured' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set or TERM is dumb'
always\t'Always'
never\t'Never'"
complete -c ribcage -n "__fish_ribcage_using_subcommand plan" -l check -d 'Tell instead what is badly tuned on this host, with its effect and its fix'
complete -c ribcage -n "__fish_ribcage_using_subcommand plan" -l json -d 'Print as JSON'
complete -c ribcage -n "__fish_ribcage_using_subcommand plan" -s q -l quiet -d 'Log only warnings and errors'
complete -c ribcage -n "__fish_ribcage_using_subcommand plan" -s v -l verbose -d 'Log more: -v for DEBUG, -vv for TRACE'
complete -c ribcage -n "__fish_ribcage_using_subcommand plan" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ribcage -n "__fish_ribcage_using_subcommand plan" -s V -l version -d 'Print version'
complete -c ribcage -n "__fish_ribcage_using_subcommand help; and not __fish_seen_subcommand_from collect decode load bench plan help" -f -a "collect" -d 'Accept routers\' BMP sessions and hand on what they say'
complete -c ribcage -n "__fish_ribcage_using_subcommand help; and not __fish_seen_subcommand_from collect decode load bench plan help" -f -a "decode" -d 'Decode files that hold BMP'
complete -c ribcage -n "__fish_ribcage_using_subcommand help; and not __fish_seen_subcommand_from collect decode load bench plan help" -f -a "load" -d 'Play routers against a collector'
complete -c ribcage -n "__fish_ribcage_using_subcommand help; and not __fish_seen_subcommand_from collect decode load bench plan help" -f -a "bench" -d 'Start a collector, play routers against it, and measure both'
complete -c ribcage -n "__fish_ribcage_using_subcommand help; and not __fish_seen_subcommand_from collect decode load bench plan help" -f -a "plan" -d 'Show which CPUs reactors and writers would run on, and why'
complete -c ribcage -n "__fish_ribcage_using_subcommand help; and not __fish_seen_subcommand_from collect decode load bench plan help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
