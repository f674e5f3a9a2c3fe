package scenarios

import "time"

// Emitters describes all emitters; they are alike.
type Emitters struct {
	// Count is the number of emitters. Default 2.
	Count int `yaml:"count" help:"how many" range:"1..10000"`
	// Rate is the packets that each emitter's generator makes. Default 50/s.
	Rate Rate `yaml:"rate" help:"packets that each one makes" range:"0.01/s..1000000/s"`
	// Arrivals is how packets are spread over time. Default poisson.
	Arrivals string `yaml:"arrivals" help:"how packets are spread over time" enum:"poisson,constant,burst"`
	// Burst is the packets of one burst, for arrivals: burst. Default 20.
	Burst int `yaml:"burst" help:"packets that come at once, for arrivals: burst" range:"1..100000"`
	// Messages is the range of messages of a packet, uniform. Default 1..10.
	Messages Span `yaml:"messages" help:"messages of a packet: a number or a range such as 1..10" range:"1..1048576"`
	// Bytes is the size of a message's text. Default 120.
	Bytes int `yaml:"bytes" help:"bytes of a message's text" range:"1..65536"`
	// Giant makes every so many packets a large one. Default none.
	Giant Giant `yaml:"giant" help:"now and then a large packet"`
	// Poison makes every so many packets one that no analyser accepts. Default none.
	Poison Poison `yaml:"poison" help:"now and then a packet that no analyser accepts"`
	// For is how long packets are made. Default 0: to the end of the heal phase.
	For time.Duration `yaml:"for" help:"how long packets are made; 0: to the end of the heal phase" range:"0s..10h"`
	// Packets ends production after so many packets of each emitter. Default 0: no limit.
	Packets int64 `yaml:"packets" help:"packets of each emitter after which it stops; 0: no limit" range:"0..1000000000"`
	// Buffer bounds what is made and has no outcome. Default 2,000 packets, 16MiB.
	Buffer EmitterBuffer `yaml:"buffer" help:"what may wait for its outcome"`
	// SubmitTimeout is how long an answer of a distributor is awaited. Default 20s.
	SubmitTimeout time.Duration `yaml:"submit_timeout" help:"how long a distributor's answer is awaited" range:"10ms..1h"`
	// Backoff is the wait before a packet is submitted again. Default 100ms to 2s, jitter 20%.
	Backoff Backoff `yaml:"backoff" help:"wait before a packet is submitted again"`
	// Horizon is the age at which a packet without outcome expires. Default 0: never.
	Horizon time.Duration `yaml:"horizon" help:"age at which a packet expires; 0: never" range:"0s..10h"`
}

// Giant makes every so many packets a large one.
type Giant struct {
	// Every is the distance of two giants in packets. Default 0: none.
	Every int `yaml:"every" help:"every so many packets; 0: never" range:"0..1000000"`
	// Messages is the giant's size. Default 0; required with Every.
	Messages int `yaml:"messages" help:"its messages" range:"0..1048576"`
}

// Poison makes every so many packets one with an entry that exceeds the
// analysers' limit.
type Poison struct {
	// Every is the distance of two poison packets in packets. Default 0: none.
	Every int `yaml:"every" help:"every so many packets; 0: never" range:"0..1000000"`
}

// EmitterBuffer bounds the packets of an emitter that have no outcome yet.
type EmitterBuffer struct {
	// Packets bounds their number. Default 2,000.
	Packets int `yaml:"packets" help:"number of packets" range:"1..10000000"`
	// Bytes bounds their size. Default 16MiB.
	Bytes Bytes `yaml:"bytes" help:"their size" range:"64KiB..1TiB"`
}

// Backoff is an exponential wait: base, twice that and so on up to max, each
// changed at random by up to the jitter's share in either direction.
type Backoff struct {
	// Base is the first wait. Default 50ms (emitter 100ms).
	Base time.Duration `yaml:"base" help:"the first wait" range:"1ms..1h"`
	// Max bounds the wait before jitter. Default 1s (emitter 2s).
	Max time.Duration `yaml:"max" help:"the longest wait, before jitter" range:"1ms..1h"`
	// Jitter is the random part. Default 20%.
	Jitter PPM `yaml:"jitter" help:"random part, in either direction" range:"0%..100%"`
}

// Distributors describes all distributors; they are alike.
type Distributors struct {
	// Count is the number of distributors. Default 1.
	Count int `yaml:"count" help:"how many" range:"1..1000"`
	// Workers is the number of workers of each. Default 2.
	Workers int `yaml:"workers" help:"workers of each" range:"1..1000"`
	// Autoscale has the workers follow the load. Default: they stay as many.
	Autoscale Autoscale `yaml:"autoscale" help:"has the number of workers follow the load"`
	// Policy chooses the analyser. Default deficit.
	Policy string `yaml:"policy" help:"who gets a packet" enum:"deficit,finish,eligible,smooth,random,original"`
	// State says who chooses: each worker, or one router for all; crdt: each worker, and all
	// distributors share their table; crdt-counts: each worker, by what all of them decided.
	// Default local.
	State string `yaml:"state" help:"local: each worker chooses; shared: a router does for all; crdt: as local, and the distributors share their table; crdt-counts: as crdt, and they share their counts" enum:"local,shared,crdt,crdt-counts"`
	// PacketMax is the largest packet. Default 100 messages.
	PacketMax int `yaml:"packet_max" help:"messages of the largest packet" range:"1..1048576"`
	// Window bounds the packets in flight to one analyser from one worker. Default 256.
	Window int `yaml:"window" help:"packets in flight to one analyser from one worker" range:"1..1000000"`
	// OnFull is what a full window does: the analyser is passed over, or waited for.
	// Default skip.
	OnFull string `yaml:"on_full" help:"a full window: pass the analyser over, or wait for it" enum:"skip,wait"`
	// AttemptTimeout is how long an analyser's receipt is awaited. Default 1s.
	AttemptTimeout time.Duration `yaml:"attempt_timeout" help:"how long an analyser's receipt is awaited" range:"1ms..1h"`
	// AttemptsMax bounds the attempts at a packet. Default 8.
	AttemptsMax int `yaml:"attempts_max" help:"attempts at a packet before it is given back to its emitter" range:"1..1000"`
	// Backoff is the wait before the third and later attempts. Default 50ms to 1s, jitter 20%.
	Backoff Backoff `yaml:"backoff" help:"wait before an attempt is repeated"`
	// RetryBudget bounds the retries in flight.
	RetryBudget RetryBudget `yaml:"retry_budget" help:"retries in flight at once"`
	// Queue bounds what a distributor holds.
	Queue Queue `yaml:"queue" help:"what a distributor holds at most"`
	// Hold is how long a packet may wait while no analyser is eligible. Default 5s.
	Hold time.Duration `yaml:"hold" help:"how long a packet waits while no analyser can be chosen" range:"1ms..1h"`
	// DrainMax bounds an orderly stop. Default 5s.
	DrainMax time.Duration `yaml:"drain_max" help:"how long an orderly stop may take" range:"1ms..1h"`
	// Persist keeps configuration changes over a restart. Default true.
	Persist bool `yaml:"persist" help:"whether configuration changes outlive a restart"`
	// Cores bounds the workers that run at once. Default 0: unlimited.
	Cores int `yaml:"cores" help:"handlers that run at once; 0: unlimited" range:"0..1024"`
	// Service is the virtual CPU time of one packet in one worker. Default 0.
	Service Service `yaml:"service" help:"virtual processor time of a worker"`
	// Detector decides which analysers are up.
	Detector Detector `yaml:"detector" help:"what decides that an analyser is down or up"`
	// Spool keeps packets on the distributor's disk and acknowledges them from there.
	Spool Spool `yaml:"spool" help:"keeps packets on the distributor's disk and acknowledges them from there"`
	// Gossip is how the table is shared, for state: crdt and crdt-counts.
	Gossip Gossip `yaml:"gossip" help:"how the distributors share their table, for state: crdt and crdt-counts"`
}

// Gossip is how distributors share their table.
type Gossip struct {
	// Interval is the time between two rounds, a fifth more or less. Default 500ms.
	Interval time.Duration `yaml:"interval" help:"time between rounds; each is up to a fifth shorter or longer" range:"1ms..1h"`
	// Timeout is how long an answer is awaited. Default 1s.
	Timeout time.Duration `yaml:"timeout" help:"how long an answer is awaited" range:"1ms..1h"`
	// Part is the largest part of a message. Default 32KiB.
	Part Bytes `yaml:"part" help:"the largest part of a message; more goes in several" range:"64..1000000"`
}

// RetryBudget bounds the retries in flight of one worker: the larger of Min and
// Percent of its active packets.
type RetryBudget struct {
	// Min is always allowed. Default 10.
	Min int `yaml:"min" help:"always allowed" range:"1..1000000"`
	// Percent is the share of active packets. Default 20 percent.
	Percent int `yaml:"percent" help:"percent of the active packets" range:"0..100"`
}

// Queue bounds a queue in items and bytes.
type Queue struct {
	// Items bounds the packets. Default 4,096.
	Items int `yaml:"items" help:"number of packets" range:"1..10000000"`
	// Bytes bounds their size. Default 64MiB.
	Bytes Bytes `yaml:"bytes" help:"their size" range:"64KiB..1TiB"`
}

// Service is virtual processor time: what a handler of a packet costs.
type Service struct {
	// Packet is the part that every packet costs. Default 0.
	Packet time.Duration `yaml:"packet" help:"for each packet" range:"0s..1h"`
	// Message is the part that every message of it costs. Default 0.
	Message time.Duration `yaml:"message" help:"for each message of it" range:"0s..1m"`
}

// Detector describes the failure detector of each worker.
type Detector struct {
	// Kind is threshold (count failures), phi (suspicion from probe intervals) or
	// central (one threshold detector for a whole distributor). Default threshold.
	Kind string `yaml:"kind" help:"threshold: counts; phi: suspicion; central: one for all workers" enum:"threshold,phi,central"`
	// Interval is the time between probes. Default 500ms.
	Interval time.Duration `yaml:"interval" help:"time between probes" range:"1ms..1h"`
	// Jitter changes each interval at random by up to this much. Default 50ms.
	Jitter time.Duration `yaml:"jitter" help:"random part of the interval" range:"0s..1h"`
	// Timeout is how long a probe's answer is awaited. Default 400ms.
	Timeout time.Duration `yaml:"timeout" help:"how long a probe's answer is awaited" range:"1ms..1h"`
	// Failures is the consecutive failed probes after which the verdict is down. Default 3.
	Failures int `yaml:"failures" help:"failed probes in a row for the verdict down" range:"1..1000"`
	// Successes is the consecutive good probes for the verdict up. Default 2.
	Successes int `yaml:"successes" help:"good probes in a row for the verdict up" range:"1..1000"`
	// DataFailures is the consecutive failed attempts for the verdict down. Default 5.
	DataFailures int `yaml:"data_failures" help:"failed attempts in a row for the verdict down" range:"1..1000"`
	// DownInterval is the time between probes while the verdict is down. Default 1s.
	DownInterval time.Duration `yaml:"down_interval" help:"time between probes while the verdict is down" range:"1ms..1h"`
	// RefusedDown makes one refused connection mean down. Default false.
	RefusedDown bool `yaml:"refused_down" help:"whether one refused connection means down at once"`
	// Pause is how late a worker's own timer is from which it takes itself for
	// having been paused. Default 200ms.
	Pause time.Duration `yaml:"pause" help:"lateness of a worker's own timer from which it takes itself for having been paused" range:"1ms..1h"`
	// Phi configures kind phi.
	Phi Phi `yaml:"phi" help:"for kind: phi"`
}

// Phi configures the suspicion detector.
type Phi struct {
	// Threshold is the suspicion in thousandths at which the verdict is down. Default 8,000.
	Threshold int `yaml:"threshold" help:"suspicion for the verdict down, in thousandths" range:"1000..30000"`
	// Window is the number of intervals remembered. Default 200.
	Window int `yaml:"window" help:"intervals remembered" range:"2..1000"`
	// Margin is a silence that is acceptable. Default 500ms.
	Margin time.Duration `yaml:"margin" help:"silence that is acceptable, added to the mean interval" range:"0s..1m"`
	// StdMin is the least standard deviation assumed. Default 100ms.
	StdMin time.Duration `yaml:"std_min" help:"least standard deviation assumed" range:"1ms..1m"`
	// SilenceMax is the silence that means down in any case. Default 4s.
	SilenceMax time.Duration `yaml:"silence_max" help:"silence that means down in any case" range:"1ms..1m"`
}

// Analysers gives the analysers' names and weights, as a list or as a count.
type Analysers struct {
	// List names them one by one.
	List []AnalyserEntry
	// Count makes a1 to aCount, with Weights repeated in turn.
	Count int `yaml:"count" help:"how many, named a1, a2, ..." range:"0..4096"`
	// Weights are the weights of a1, a2 and so on, repeated in turn. Default [1].
	Weights []int64 `yaml:"weights" help:"their weights, repeated in turn" range:"0..1000000"`
	// Spares is how many more run that no distributor knows at boot. Default 0.
	Spares int `yaml:"spares" help:"how many more run that no distributor knows at the start" range:"0..4096"`
}

// AnalyserEntry is one analyser.
type AnalyserEntry struct {
	// ID is the node's name.
	ID string `yaml:"id" help:"the node's name"`
	// Weight is its share in relation to the others'. Default 1; 0: gets nothing.
	Weight int64 `yaml:"weight" help:"its share in relation to the others'; 0: gets nothing" range:"0..1000000"`
	// Spare says that no distributor knows it at boot. Default false.
	Spare bool `yaml:"spare" help:"runs, but no distributor knows it at the start"`
}

// Analyser is what all analysers have in common.
type Analyser struct {
	// Cores bounds the handlers that run at once. Default 0: unlimited.
	Cores int `yaml:"cores" help:"handlers that run at once; 0: unlimited" range:"0..1024"`
	// Service is the virtual processor time of a packet. Default 0.
	Service Service `yaml:"service" help:"virtual processor time"`
	// Workers is how many actors of an analyser share its store. Default 1: there is
	// but one actor.
	Workers int `yaml:"workers" help:"actors of an analyser that share its store; 1: there is but one actor" range:"1..256"`
	// StoreTimeout is how long a worker awaits the store. Default 1s.
	StoreTimeout time.Duration `yaml:"store_timeout" help:"how long a worker awaits the store before it says unavailable; with several workers only" range:"1ms..1m"`
	// EntryMax is the largest message; a larger one makes a packet poison. Default 256KiB.
	EntryMax Bytes `yaml:"entry_max" help:"the largest message; a packet with a larger one is poison" range:"1KiB..16MiB"`
	// Pending bounds packets whose commit is not synced yet; beyond, the answer is
	// busy. Default 4,096.
	Pending int `yaml:"pending" help:"packets whose commit is not synced yet; beyond, the answer is busy" range:"1..1000000"`
	// Dedup bounds the packet ids that are remembered; beyond, the answer is busy.
	// Default 262,144.
	Dedup int `yaml:"dedup" help:"packet ids remembered; beyond, the answer is busy" range:"1..16777216"`
	// Batch bounds the packets that one synced write holds. Default 256.
	Batch int `yaml:"batch" help:"packets that one synced write holds at most; 1: a sync for each packet" range:"1..65536"`
	// Compact is the size of the store's log at which a snapshot replaces it. Default 4MiB.
	Compact Bytes `yaml:"compact" help:"size of the store's log at which a snapshot replaces it" range:"1KiB..1TiB"`
	// Results has analysers digest what messages say, and emitters and analysers log the
	// sums that prove it. Default false, because it costs time.
	Results bool `yaml:"results" help:"digest what messages say, and log the sums that prove it"`
	// Disk is each analyser's disk.
	Disk Disk `yaml:"disk" help:"each analyser's disk"`
}

// Disk is a simulated disk.
type Disk struct {
	// Latency is how long a synced append takes. Default 200us to 5ms, mean 1ms.
	Latency Latency `yaml:"latency" help:"how long a synced append takes"`
	// Size is the capacity. Default 0: unlimited.
	Size Bytes `yaml:"size" help:"capacity; 0: unlimited" range:"0..1TiB"`
}

// Links describes every link between two nodes.
type Links struct {
	// Latency is a message's time on the link. Default exponential, 200us to 20ms, mean 1ms.
	Latency Latency `yaml:"latency" help:"a message's time on the way"`
	// Ordered links deliver in the order of sending. Default false.
	Ordered bool `yaml:"ordered" help:"whether messages arrive in the order of sending"`
	// Rate bounds the bytes a second. Default 0: unlimited.
	Rate Bytes `yaml:"rate" help:"bytes a second; 0: unlimited" range:"0..1TiB"`
	// Queue bounds what is under way on one link. Default 65,536 messages, 256MiB.
	Queue Queue `yaml:"queue" help:"what may be under way on one link"`
}

// Latency is a random time.
type Latency struct {
	// Kind is constant (mean), uniform (min to max) or exponential (min plus an
	// exponential part so that the mean is right, cut at max). Default exponential.
	Kind string `yaml:"kind" help:"constant: mean; uniform: min to max; exponential: min and a tail around mean, at most max" enum:"constant,uniform,exponential"`
	// Min is the least.
	Min time.Duration `yaml:"min" help:"the least" range:"0s..1m"`
	// Mean is the average.
	Mean time.Duration `yaml:"mean" help:"the average" range:"0s..1m"`
	// Max is the most, before the tail's factor.
	Max time.Duration `yaml:"max" help:"the most, before the tail's factor" range:"0s..1m"`
	// Tail makes a share of the times longer.
	Tail Tail `yaml:"tail" help:"a share of the times is longer"`
}

// Tail makes a share of random times longer.
type Tail struct {
	// Chance is that share. Default 0: none.
	Chance PPM `yaml:"chance" help:"that share; 0%: none" range:"0%..100%"`
	// Factor is how many times as long. Default 10.
	Factor int `yaml:"factor" help:"how many times as long" range:"1..1000"`
}
