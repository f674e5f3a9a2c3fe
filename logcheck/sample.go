package logcheck

import (
	"bytes"
	"fmt"
	"slices"
)

// sampleIDs are the properties that a sample of packets supports: each of their cases is
// about one packet, whose records are all there, or about records that are about no
// packet. The others count, sum or replay what is not there.
var sampleIDs = []string{
	"H2", "H6", "H7", "C1", "C2", "C3", "C4", "C5", "C7", "C12", "C13", "D2", "R1", "R7", "R10", "R13",
	"F1", "F2", "F4", "F5", "F6", "F12", "F13", "F15", "B2", "B4",
	"G1", "G2", "G3", "G4", "G5", "G6", "G8", "G10",
}

// sampleOf is of how many packets the logs have one. A reason says that it is not the
// same in all of them: then some packets have only a part of their records.
func sampleOf(files []*File) (oneIn uint64, why string) {
	var first *File
	for _, f := range files {
		switch {
		case f.Faults || !f.hasLog:
		case first == nil:
			first = f
		case max(f.oneIn, 1) != max(first.oneIn, 1):
			return 0, fmt.Sprintf("%s has one packet in %d, %s one in %d", first.Name, max(first.oneIn, 1), f.Name, max(f.oneIn, 1))
		}
	}
	if first == nil {
		return 0, ""
	}
	return first.oneIn, ""
}

// inSample reports whether a packet's id is in the sample of one in oneIn: FORMAT.md,
// section 2.
func inSample(id []byte, oneIn uint64) bool {
	if bytes.HasPrefix(id, []byte("probe/")) {
		return true
	}
	hash := uint64(0xcbf29ce484222325)
	for i := range id {
		hash ^= uint64(id[i])
		hash *= 0x100000001b3
	}
	return (hash*0x9e3779b97f4a7c15)>>32%oneIn == 0
}

// sampled holds a record of a packet to the sample.
func (e *engine) sampled(r *Record) {
	if e.oneIn > 1 && !inSample(r.Bytes(KeyID), e.oneIn) {
		e.form.h6.Failf([]Ref{r.Ref()}, "%s: packet %s is not in the sample of one in %d", r.File.Name, r.Bytes(KeyID), e.oneIn)
	}
}

// sampleOnly takes back the verdicts for which a sample is no evidence, and says of the
// others what they are about.
func (e *engine) sampleOnly(results map[string]Result) {
	if e.oneIn < 2 {
		return
	}
	if e.opt.Report != nil {
		e.opt.Report.OneIn = e.oneIn
	}
	for id, r := range results { //weir:anyorder each result is changed by itself
		switch {
		case !slices.Contains(sampleIDs, id):
			r = Result{ID: id, Status: Unknown, Detail: fmt.Sprintf("the logs have one packet in %d, which does not decide it", e.oneIn)}
		case r.Status == Pass && r.Detail == "":
			r.Detail = fmt.Sprintf("in a sample of one packet in %d", e.oneIn)
		case r.Status == Pass:
			r.Detail += fmt.Sprintf("; in a sample of one packet in %d", e.oneIn)
		}
		results[id] = r
	}
}
