package metrics

import "github.com/prometheus/client_golang/prometheus"

// metric is what the samples of one name are for Prometheus.
type metric struct {
	sample string // the name at the seam
	name   string
	kind   kind
	label  string // the name of the samples' label, empty if they have none
	help   string
}

// kind is a type of metric.
type kind uint8

const (
	counter kind = iota
	gauge
	histogram // of times, in seconds
)

// table lists every metric of every role, besides those of the Go runtime, the process
// and the build. The name of a sample means the same in every role.
var table = []metric{
	{"ready", "weir_node_ready", gauge, "", "1 if the node does its part, as /readyz says."},
	{"mailbox_items", "weir_node_mailbox_messages", gauge, "actor", "Events that wait for an actor."},
	{"mailbox_bytes", "weir_node_mailbox_bytes", gauge, "actor", "Size of the messages that take room in an actor's mailbox."},
	{"drops", "weir_node_dropped_messages_total", counter, "reason", "Messages from other nodes that no actor handled."},
	{"peer_items", "weir_node_peer_waiting_messages", gauge, "peer", "Messages that wait to be sent to another node."},
	{"peer_bytes", "weir_node_peer_waiting_bytes", gauge, "peer", "Size of the messages that wait to be sent to another node."},
	{"log_waiting", "weir_node_log_waiting_bytes", gauge, "", "Lines of the event log that are not written yet."},
	{"log_written", "weir_node_log_written_bytes_total", counter, "", "Bytes of the event log that were written."},
	{"log_dropped", "weir_node_log_dropped_lines_total", counter, "", "Lines of the event log that found no room."},
	{"disk_time", "weir_node_disk_duration_seconds", histogram, "operation", "Time of operations of the disk; appends that wait together are one."},
	{"disk_waiting", "weir_node_disk_waiting_operations", gauge, "", "Disk operations that were asked for and not begun."},
	{"disk_errors", "weir_node_disk_errors_total", counter, "", "Disk operations that failed."},

	{"emitted", "weir_emitter_packets_total", counter, "", "Packets cut and accepted."},
	{"emitted_messages", "weir_emitter_messages_total", counter, "", "Messages in the packets cut."},
	{"submits", "weir_emitter_submissions_total", counter, "", "Submissions to distributors, repeated ones included."},
	{"outcomes", "weir_emitter_outcomes_total", counter, "outcome", "Packets with an outcome."},
	{"kept_out", "weir_emitter_kept_out_total", counter, "", "Arrivals of the generator for which there was no room."},
	{"back_pressure", "weir_emitter_back_pressure", gauge, "", "1 while the generator's arrivals are kept out."},
	{"open_packets", "weir_emitter_open_packets", gauge, "", "Packets without an outcome."},
	{"open_bytes", "weir_emitter_open_bytes", gauge, "", "Size of the packets without an outcome."},
	{"drained", "weir_emitter_drained", gauge, "", "1 once production is over and every packet has its outcome."},
	{"ack_time", "weir_emitter_acknowledgement_duration_seconds", histogram, "", "Time from cutting a packet to its acknowledgement."},

	{"source_lines", "weir_source_lines_total", counter, "source", "Lines or messages taken into the spool."},
	{"source_bytes", "weir_source_bytes_total", counter, "source", "Bytes taken into the spool."},
	{"source_dropped", "weir_source_dropped_datagrams_total", counter, "source", "Datagrams that the spool did not take in time."},
	{"source_refused", "weir_source_refused_connections_total", counter, "source", "Connections closed because there were too many."},
	{"source_gaps", "weir_source_gaps_total", counter, "source", "Times that lines may have been lost before they could be read."},
	{"source_behind", "weir_source_behind_bytes", gauge, "source", "Bytes of a followed file that are not in the spool yet."},
	{"spool_bytes", "weir_source_spool_bytes", gauge, "source", "Size of the spool, what is not removed yet included."},
	{"spool_waiting", "weir_source_waiting_bytes", gauge, "source", "Bytes in the spool whose lines have no outcome yet."},

	{"admitted", "weir_distributor_admitted_total", counter, "", "Packets admitted."},
	{"refused", "weir_distributor_refused_total", counter, "reason", "Submissions refused."},
	{"joined", "weir_distributor_joined_total", counter, "", "Submissions of a packet that was in progress."},
	{"queue_packets", "weir_distributor_queue_packets", gauge, "", "Packets in progress."},
	{"queue_bytes", "weir_distributor_queue_bytes", gauge, "", "Size of the packets in progress."},
	{"held_packets", "weir_distributor_spool_packets", gauge, "", "Packets that the distributor's own spool holds."},
	{"held_bytes", "weir_distributor_spool_bytes", gauge, "", "Size of the spool's files."},
	{"held_open", "weir_distributor_spool_open", gauge, "", "1 if the distributor has a spool of its own with room for packets."},
	{"spooled", "weir_distributor_spooled_total", counter, "", "Packets acknowledged from the spool."},
	{"held_expired", "weir_distributor_spool_expired_total", counter, "", "Packets that became too old in the spool and went to the dead letters."},
	{"held_lost", "weir_distributor_spool_lost_total", counter, "", "Packets of the spool that damage to the disk took."},
	{"picks", "weir_distributor_picks_total", counter, "", "Decisions on who gets a packet."},
	{"retries", "weir_distributor_retries_total", counter, "", "Attempts planned after one failed."},
	{"done", "weir_distributor_done_total", counter, "", "Packets that an analyser committed."},
	{"gave_up", "weir_distributor_gave_up_total", counter, "reason", "Packets given back to their emitters."},
	{"dead", "weir_distributor_dead_total", counter, "", "Packets that went to the dead-letter file."},
	{"failures", "weir_distributor_attempt_failures_total", counter, "reason", "Attempts that failed."},
	{"queue_time", "weir_distributor_queue_duration_seconds", histogram, "", "Time of packets in a worker's queue before their first attempt."},
	{"waiting_retries", "weir_distributor_waiting_retries", gauge, "", "Packets that wait for their next attempt."},
	{"workers", "weir_distributor_workers", gauge, "", "Workers, those that are on their way out included."},
	{"wanted_workers", "weir_distributor_wanted_workers", gauge, "", "Workers that the autoscaler wants."},
	{"scale_decisions", "weir_distributor_scale_decisions_total", counter, "reason", "Decisions of the autoscaler: up, down, or why neither."},
	{"idle_workers", "weir_distributor_idle_workers", gauge, "", "Workers without an eligible analyser."},
	{"eligible", "weir_distributor_eligible_analysers", gauge, "", "Eligible analysers, summed over the workers."},
	{"table_version", "weir_distributor_table_version", gauge, "", "Version of the table of analysers in force."},
	{"weight", "weir_distributor_analyser_weight", gauge, "analyser", "Weight in force; 0 while it drains."},
	{"up", "weir_distributor_analyser_up_workers", gauge, "analyser", "Workers that hold the analyser for up."},
	{"in_flight", "weir_distributor_analyser_in_flight_packets", gauge, "analyser", "Attempts under way."},
	{"attempts", "weir_distributor_analyser_attempts_total", counter, "analyser", "Packets given to the analyser."},
	{"first_messages", "weir_distributor_analyser_messages_total", counter, "analyser", "Messages in first attempts: what the wanted share is of."},
	{"completed", "weir_distributor_analyser_done_total", counter, "analyser", "Packets that the analyser committed."},
	{"failed_attempts", "weir_distributor_analyser_failures_total", counter, "analyser", "Attempts that failed."},
	{"attempt_time", "weir_distributor_analyser_attempt_duration_seconds", histogram, "analyser", "Time from an attempt to its receipt."},
	{"probes", "weir_distributor_probes_total", counter, "result", "Probes by what they counted as."},
	{"verdicts", "weir_distributor_verdicts_total", counter, "verdict", "Changes of the detectors' verdicts."},
	{"gossip_parts", "weir_distributor_gossip_parts_total", counter, "", "Messages that told other distributors of the shared table."},
	{"gossip_merged", "weir_distributor_gossip_merges_total", counter, "", "Deltas of other distributors that told something."},
	{"gossip_refused", "weir_distributor_gossip_refused_total", counter, "", "Deltas of other distributors that were not taken."},
	{"members", "weir_distributor_members", gauge, "status", "Other distributors of the cluster, by what was heard of them."},
	{"counts_sites", "weir_distributor_counts_sites", gauge, "", "Incarnations of distributors whose counts are known; state crdt-counts."},
	{"counts_untold", "weir_distributor_counts_untold", gauge, "", "1 while the own counts are too large to be told; state crdt-counts."},
	{"tombstones", "weir_distributor_tombstones", gauge, "", "Removed analysers that the shared table still remembers."},

	{"commits", "weir_analyser_commits_total", counter, "", "Packets committed, each once."},
	{"committed_messages", "weir_analyser_messages_total", counter, "", "Messages in the packets committed."},
	{"results_messages", "weir_analyser_results_messages", gauge, "level", "Messages in the digest of the store, over all lives, by level."},
	{"duplicates", "weir_analyser_duplicates_total", counter, "", "Packets suppressed as duplicates."},
	{"poisoned", "weir_analyser_poisoned_total", counter, "", "Packets refused for good."},
	{"batches", "weir_analyser_batches_total", counter, "", "Appends that became durable."},
	{"pending_packets", "weir_analyser_pending_packets", gauge, "", "Packets taken and not durable yet."},
	{"pending_bytes", "weir_analyser_pending_bytes", gauge, "", "Size of the packets that wait for the next append."},
	{"disk_held", "weir_analyser_disk_held", gauge, "", "1 while an append that failed is tried again."},
	{"commit_time", "weir_analyser_commit_duration_seconds", histogram, "", "Time from taking a packet to its durable commit."},

	{"orders", "weir_operator_orders", gauge, "", "Control documents under way."},
}

// entry is a row of the table, ready for use.
type entry struct {
	*metric
	desc *prometheus.Desc
}

// lateDesc says how far a scrape can be trusted.
var lateDesc = prometheus.NewDesc("weir_node_late_actors", "Actors that did not answer the scrape in time and stand with older values.", nil, nil)

// bySample are the rows by the names of their samples.
func bySample() map[string]entry {
	rows := make(map[string]entry, len(table))
	for i := range table {
		m := &table[i]
		var labels []string
		if m.label != "" {
			labels = []string{m.label}
		}
		rows[m.sample] = entry{m, prometheus.NewDesc(m.name, m.help, labels, nil)}
	}
	return rows
}
