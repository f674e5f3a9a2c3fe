package logcheck

import "testing"

// In tcp the fault file is read early: what a node wrote before it was killed comes
// after the record of its crash, and is judged as if it had come before. This was a
// false alarm of R1 and R6.
func TestRecordsBeforeACrashInTCP(t *testing.T) {
	v := checkWatch(t, `run tcp=50
0 a1/s recover n=0 lost=0
0 d/sup config ver=1 ok=true from=boot set=a1=1:up
1 d/w1 view v=1 ver=1 set=a1=1:up
2 d/w1 pick p=1 id=e/1/1 att=1 n=1 to=a1 v=1
90 d/w1 pick p=2 id=e/1/2 att=1 n=1 to=a1 v=1
100 ! crash n=d inc=1
`, Options{})
	for _, id := range []string{"R1", "R6"} {
		if r := watchOf(v, id); r.Status != Pass || r.Judged != 2 {
			t.Errorf("%s: %s, %d judged: %s %v", id, r.Status, r.Judged, r.Detail, watchRefs(r))
		}
	}
}

// An answer that comes after the timeout of its probe, or in tcp so close to it that
// it may have waited inside the worker, may count as none. This was a false alarm of F9.
func TestLateAnswerOfAProbe(t *testing.T) {
	for answer, want := range map[string]Status{"148": Fail, "149": Pass} {
		v := checkWatch(t, `run tcp=1
0 a1/s recover n=0 lost=0
0 d/sup config ver=1 ok=true from=boot set=a1=1:up
1 d/w1 view v=1 ver=1 set=a1=1:up
100 d/w1 send p a1/s probe pn=1
101 a1/s recv p
102 a1/s send q d/w1 probe_ok pn=1 ready=true re=1
`+answer+` d/w1 recv q
150 d/w1 probed an=a1 pn=1 res=timeout
`, Options{})
		r := watchOf(v, "F9")
		if failed := r.Status == Fail; failed != (want == Fail) {
			t.Errorf("answered at %s ms: %s %s", answer, r.Status, r.Detail)
		}
	}
}
