package record

import "bytes"

// probes begins the ids of data probes, which are in every sample: verdicts rest on them.
var probes = []byte("probe/")

// InSample reports whether a packet of that id (source/inc/seq) is in the sample of one
// in oneIn. It is the same at every node, so that a packet's whole life is in or out.
func InSample(id []byte, oneIn uint32) bool {
	if bytes.HasPrefix(id, probes) {
		return true
	}
	h := uint64(14695981039346656037) // FNV-1a; written out, because hash/fnv allocates
	for _, c := range id {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return h*0x9E3779B97F4A7C15>>32%uint64(oneIn) == 0
}
