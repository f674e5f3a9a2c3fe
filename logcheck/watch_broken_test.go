package logcheck

import (
	"slices"
	"strings"
	"testing"
)

// brokenLogs are logs that tell an untruth in one place, beside the failing case of
// each property in testdata/watch.
var brokenLogs = []struct {
	name, id, text string
	want           string // the witness
}{
	{"boot configuration", "R13", `
run analysers=a1:1,a2:1
0 a1/s recover n=0 lost=0
0 d/sup config ver=1 ok=true from=boot set=a1=1:up,a2=3:up`, "logs/d.1.jsonl:3"},
	{"refused configuration", "R13", `
0 a1/s recover n=0 lost=0
0 d/sup config ver=1 ok=false from=boot why=negative set=a1=1:up
1 d/w1 view v=1 ver=1 set=a1=1:up`, "logs/d.1.jsonl:5"},
	{"worker that chooses in state shared", "R1", `
run state=shared
0 a1/s recover n=0 lost=0
1 d/w1 view v=1 ver=1 set=a1=1:up
2 d/w1 pick p=1 id=e/1/1 att=1 n=1 to=a1 v=1`, "logs/d.1.jsonl:3 logs/d.1.jsonl:4"},
	{"worker that chooses for another", "R1", `
0 a1/s recover n=0 lost=0
1 d/w1 view v=1 ver=1 set=a1=1:up
1 d/w2 view v=1 ver=1 set=a1=1:up
2 d/w1 pick p=1 id=e/1/1 att=1 n=1 to=a1 v=1 w=w2`, "logs/d.1.jsonl:6"},
	{"probe that was not answered", "F9", `
0 a1/s recover n=0 lost=0
1 d/w1 view v=1 ver=1 set=a1=1:up
10 d/w1 send x a1/s probe pn=1
20 d/w1 probed an=a1 pn=1 res=ok`, "logs/d.1.jsonl:5"},
	{"probe that was answered", "F9", `
0 a1/s recover n=0 lost=0
1 d/w1 view v=1 ver=1 set=a1=1:up
10 d/w1 send x a1/s probe pn=1
11 a1/s recv x
12 a1/s send y d/w1 probe_ok pn=1 ready=true
13 d/w1 recv y
70 d/w1 probed an=a1 pn=1 res=timeout`, "logs/d.1.jsonl:6"},
	{"analyser that was not ready", "F9", `
0 a1/s recover n=0 lost=0
1 d/w1 view v=1 ver=1 set=a1=1:up
10 d/w1 send x a1/s probe pn=1
11 a1/s recv x
12 a1/s send y d/w1 probe_ok pn=1 ready=false
13 d/w1 recv y
13 d/w1 probed an=a1 pn=1 res=ok`, "logs/d.1.jsonl:6"},
	{"timeout before its time", "F9", `
0 a1/s recover n=0 lost=0
1 d/w1 view v=1 ver=1 set=a1=1:up
10 d/w1 send x a1/s probe pn=1
50 d/w1 probed an=a1 pn=1 res=timeout`, "logs/d.1.jsonl:5"},
	{"probe that was never sent", "F9", `
0 a1/s recover n=0 lost=0
1 d/w1 view v=1 ver=1 set=a1=1:up
10 d/w1 send x a1/s probe pn=1
80 d/w1 probed an=a1 pn=2 res=timeout`, "logs/d.1.jsonl:5"},
	{"cut data path to an analyser that was added again", "F13", `
0 a1/s recover n=0 lost=0
0 a2/s recover n=0 lost=0
0 d/sup config ver=1 ok=true from=boot set=a1=1:up,a2=1:up
1 d/w1 view v=1 ver=1 set=a1=1:up,a2=1:up
100 ! cut from=d to=a1 cls=data
150 d/sup config ver=2 ok=true from=control set=a2=1:up
151 d/w1 view v=2 ver=2 set=a1=-
160 d/sup config ver=3 ok=true from=control set=a1=1:up
161 d/w1 view v=3 ver=3 set=a1=1:up,a2=-
170 d/w1 pick p=1 id=e/1/1 att=1 n=1 to=a1 v=3
170 d/w1 send x0 a1/s packet id=e/1/1 n=1 att=1
170 ! lost x0 to=a1 why=cut
171 d/w1 pick p=2 id=e/1/2 att=1 n=1 to=a1 v=3
171 d/w1 send x1 a1/s packet id=e/1/2 n=1 att=1
171 ! lost x1 to=a1 why=cut
172 d/w1 pick p=3 id=e/1/3 att=1 n=1 to=a1 v=3
172 d/w1 send x2 a1/s packet id=e/1/3 n=1 att=1
172 ! lost x2 to=a1 why=cut
900 d/w1 probed an=a1 pn=1 res=ok`, "faults.jsonl:2 logs/d.1.jsonl:9"},
	{"verdict that outlives a broken disk and its retry", "F6", `
run disk_retry=600
0 a1/s recover n=0 lost=0
0 a2/s recover n=0 lost=0
0 d/sup config ver=1 ok=true from=boot set=a1=1:up,a2=1:up
1 d/w1 view v=1 ver=1 set=a1=1:up,a2=1:up
100 ! disk_break n=a1
150 d/w1 probed an=a1 pn=1 res=timeout
250 d/w1 probed an=a1 pn=2 res=timeout
350 d/w1 probed an=a1 pn=3 res=timeout
350 d/w1 health an=a1 to=down why=probe f=3
350 d/w1 view v=2 ver=1 set=a1=1:down
400 ! disk_repair n=a1
1399 d/w1 probed an=a2 pn=1 res=ok
1410 d/w1 probed an=a2 pn=2 res=ok`, "logs/d.1.jsonl:9"},
	{"full again after a drain, but it had room", "B1", `
run window=5
0 a1/s recover n=0 lost=0
0 a2/s recover n=0 lost=0
0 d/sup config ver=1 ok=true from=boot set=a1=1:up,a2=1:up
1 d/w1 view v=1 ver=1 set=a1=1:up,a2=1:up
2 d/w1 pick p=1 id=e/1/1 att=1 n=1 to=a1 v=1
2 d/w1 send x1 a1/s packet id=e/1/1 n=1 att=1
3 d/w1 pick p=2 id=e/1/2 att=1 n=1 to=a2 v=1
3 d/w1 gave_up id=e/1/2 why=stopping
4 d/w1 pick p=3 id=e/1/3 att=1 n=1 to=a1 v=1
4 d/w1 send x3 a1/s packet id=e/1/3 n=1 att=1
5 d/w1 pick p=4 id=e/1/4 att=1 n=1 to=a2 v=1
5 d/w1 gave_up id=e/1/4 why=stopping
6 d/w1 pick p=5 id=e/1/5 att=1 n=1 to=a1 v=1
6 d/w1 send x5 a1/s packet id=e/1/5 n=1 att=1
7 d/w1 pick p=6 id=e/1/6 att=1 n=1 to=a2 v=1
7 d/w1 gave_up id=e/1/6 why=stopping
8 d/w1 pick p=7 id=e/1/7 att=1 n=1 to=a1 v=1
8 d/w1 send x7 a1/s packet id=e/1/7 n=1 att=1
9 d/w1 pick p=8 id=e/1/8 att=1 n=1 to=a2 v=1
9 d/w1 gave_up id=e/1/8 why=stopping
10 d/w1 pick p=9 id=e/1/9 att=1 n=1 to=a1 v=1
10 d/w1 send x9 a1/s packet id=e/1/9 n=1 att=1
10 d/w1 view v=2 ver=1 set=a1=1:full
11 a1/s recv x1
12 a1/s recv x3
13 a1/s recv x5
14 a1/s recv x7
15 a1/s recv x9
16 a1/s send z1 d/w1 receipt id=e/1/1 att=1 st=committed
17 d/w1 recv z1
17 d/w1 done id=e/1/1 att=1 to=a1 st=committed
20 d/sup config ver=2 ok=true from=control set=a1=1:drain,a2=1:up
21 d/w1 view v=3 ver=2 set=a1=1:drain
22 a1/s send z3 d/w1 receipt id=e/1/3 att=1 st=committed
23 d/w1 recv z3
23 d/w1 done id=e/1/3 att=1 to=a1 st=committed
30 d/sup config ver=3 ok=true from=control set=a1=1:up,a2=1:up
31 d/w1 view v=4 ver=3 set=a1=1:full`, "logs/d.1.jsonl:32"},
	{"attempt that was not picked", "R1", `
0 a1/s recover n=0 lost=0
1 d/w1 view v=1 ver=1 set=a1=1:up
2 d/w1 pick p=1 id=e/1/1 att=1 n=1 to=a1 v=1
3 d/w1 attempt_failed id=e/1/1 att=1 to=a2 why=reset`, "logs/d.1.jsonl:5"},
	{"pick of another size", "R1", `
0 e/m emit id=e/1/1 n=2 b=10 h=00000000
1 d/w1 view v=1 ver=1 set=a1=1:up
2 d/w1 pick p=1 id=e/1/1 att=1 n=1 to=a1 v=1`, "logs/e.1.jsonl:3 logs/d.1.jsonl:4"},
	{"rise for a reason to fall", "F8", `
0 a1/s recover n=0 lost=0
1 d/w1 view v=1 ver=1 set=a1=1:up
2 d/w1 probed an=a1 pn=1 res=reset
2 d/w1 health an=a1 to=down why=refused f=1
3 d/w1 probed an=a1 pn=2 res=ok
4 d/w1 probed an=a1 pn=3 res=ok
4 d/w1 health an=a1 to=up why=probe ok=2`, "logs/d.1.jsonl:8"},
}

func TestBrokenLogs(t *testing.T) {
	for _, c := range brokenLogs {
		t.Run(c.name, func(t *testing.T) {
			v := checkWatch(t, c.text, Options{})
			watchStatus(t, v, c.id, Fail)
			if got := watchRefs(watchOf(v, c.id)); !slices.Equal(got, strings.Fields(c.want)) {
				t.Errorf("witness %v, want %s (%s)", got, c.want, watchOf(v, c.id).Detail)
			}
		})
	}
}
