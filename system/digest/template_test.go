package digest

import (
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"weir/system/message"
)

func TestTemplate(t *testing.T) {
	for _, c := range [][2]string{
		{"", ""},
		{"  two\t words \r\n", "two words"},
		{"took 12ms, 1.5 s or 33% of 1,024", "took <num>ms, <num> s or <num>% of <num>"},
		{"offset -7 delta=+3 (-1) 5-3", "offset <num> delta=<num> (<num>) <num>-<num>"},
		{"eth0 up, jk2_init() called, user1234 in, sha256 ok", "eth0 up, jk2_init() called, user<num> in, sha<num> ok"},
		{"blk_-754166 and blk_12", "blk_<num> and blk_<num>"},
		{"kernel: [23142]: pid=7", "kernel: [<num>]: pid=<num>"},
		{"at 0x7ffe12 in deadbeef01 and cafe", "at <hex> in <hex> and cafe"},
		{"0xyz is not, 4x10 is by its form", "<num>xyz is not, <hex> is by its form"},
		{"id 550e8400-e29b-41d4-a716-446655440000 done", "id <id> done"},
		{"token a1b2c3d4x5 here", "token <id> here"},
		{"from 10.1.2.3:5001 to /10.1.2.4, net 10.0.0.0/8", "from <ip> to /<ip>, net <ip>"},
		{"version 1.2.3.4.5 of 300.1.1.1", "version <num> of <ip>"},
		{"fe80::1 or ::1, 2001:db8:0:0:0:0:0:1 and ::ffff:10.0.0.1", "<ip> or <ip>, <ip> and <ip>"},
		{"std::vector and a::b", "std::vector and a::b"},
		{"mac 00:1b:44:11:3a:b7 up", "mac <mac> up"},
		{"host ip-10-0-0-1.ec2.internal and db12.prod3.example4.com", "host <host> and <host>"},
		{"org.apache.log4j.Logger and dfs.DataNode$X: y", "org.apache.log4j.Logger and dfs.DataNode$X: y"},
		{"open /var/log/app-1.log: no such file", "open <path>: no such file"},
		{"in and/or out / over", "in and/or out / over"},
		{"GET https://example.org/a?b=1 failed", "GET <url> failed"},
		{`user "al bert" said 'no way', didn't he`, `user "<*>" said '<*>', didn't he`},
		{`it's 5 o'clock "unclosed`, `it's <num> o'clock "unclosed`},
		{"[Sun Dec 04 20:32:37 2005] [notice] ok", "[<time>] [notice] ok"},
		{"Jul  9 12:16:49 box sshd: at Sat Jul  9 12:16:49 2005", "<time> box sshd: at <time>"},
		{"2026-01-02T03:04:05.678Z INFO x", "<time> INFO x"},
		{"2026-01-02 03:04:05,678 INFO x at 03:04", "<time> INFO x at <time>"},
		{"2026/01/02 03:04:05 +0100 a", "<time> a"},
		{`1.2.3.4 - - [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.0" 200 2326`, `<ip> - - [<time>] "<*>" <num> <num>`},
		{"Sun, 04 Dec 2005 20:32:37 GMT: done", "<time>: done"},
		{"081110 220637 32 INFO x", "<time> <num> INFO x"},
		{"May I? In May 5 of us, Monday", "May I? In <time> of us, Monday"},
		{"delete blk_1 blk_2", "delete blk_<num> blk_<num>"},
		{"delete blk_1 blk_2 blk_3 blk_4 now", "delete blk_<num> <...> now"},
		{"no no no 1 2 3 1 2", "no no no <num> <...>"},
		{"ключ 5 значение", "ключ <num> значение"},
		{"bad \xff\xfe bytes 7", "bad \uFFFD bytes <num>"},
	} {
		if got := string(Template(nil, c[0])); got != c[1] {
			t.Errorf("%q\n got %q\nwant %q", c[0], got, c[1])
		}
	}
}

// Long texts cost no more than short ones and give short templates.
func TestLongTexts(t *testing.T) {
	for _, text := range []string{strings.Repeat("word ", 1000), strings.Repeat("x", 5000), strings.Repeat("é", 3000), strings.Repeat("\xff", 3000),
		strings.Repeat("a.", 2000), strings.Repeat("1:", 2000), "'" + strings.Repeat("a", 3000), strings.Repeat("::", 1500)} {
		got := Template([]byte("kept "), text)
		if len(got) > len("kept ")+templateMax+len(cutMark) || !utf8.Valid(got) || !strings.HasPrefix(string(got), "kept ") {
			t.Errorf("%.20q: %d bytes: %q", text, len(got), got)
		}
	}
	long := strings.Repeat("ab ", 500)
	if a, b := Template(nil, long), Template(nil, long+"and more"); string(a) != string(b) || !strings.HasSuffix(string(a), cutMark) {
		t.Errorf("%q\n%q", a, b)
	}
}

// Spaces, and what is behind the look, change nothing; a template is valid and short,
// and its text alone decides.
func FuzzTemplate(f *testing.F) {
	for _, s := range []string{"a 1 'b' \"c\" /d/e 0x1f ::1 1.2.3.4:5 Jul  9 12:00:00", "2026-01-02T03:04:05Z x=-1", "\xffé…"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := Template(nil, s)
		if len(got) > templateMax+len(cutMark) || !utf8.Valid(got) {
			t.Fatalf("%q: %q", s, got)
		}
		if again := Template(append([]byte(nil), "12 12 "...), s); string(again[6:]) != string(got) {
			t.Fatalf("%q: %q, then %q", s, got, again[6:])
		}
		other := []byte(s)
		for i := range other {
			letter := i > 0 && is(s[i-1], isLetter) || i > 1 && is(s[i-2], isLetter) && is(s[i-1], isDigit)
			if is(s[i], isDigit) && !letter {
				other[i] = '0' + ('9'-s[i])*7%10
			}
		}
		if string(Template(nil, string(other))) != string(got) {
			t.Fatalf("%q: %q, with other digits %q", s, got, Template(nil, string(other)))
		}
		if len(s) <= memoText {
			var a, b memo
			n, h := a.alike(s)
			if k, g := b.alike(string(other)); n != k || a.buf != b.buf || h != g {
				t.Fatalf("%q is %q, %q is %q", s, a.buf[:n], other, b.buf[:k])
			}
		}
		if text, _ := new(memo).template(s); text != string(got) {
			t.Fatalf("%q: %q, remembered %q", s, got, text)
		}
		if len(s) < lookMax/2 && utf8.ValidString(s) {
			if spaced := Template(nil, " \t"+strings.TrimSpace(s)+"  "); strings.TrimSpace(s) == s && !strings.HasPrefix(string(got), "<time>") && string(spaced) != string(got) {
				t.Fatalf("%q: %q, with spaces %q", s, got, spaced)
			}
		}
	})
}

// The report of a log of our own making is what an engineer expects, whatever the
// order of its lines.
func TestReportOfALog(t *testing.T) {
	text, err := os.ReadFile("testdata/shop.log")
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/shop.templates")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	for seed := range uint64(5) {
		rng := rand.New(rand.NewPCG(seed, 1))
		rng.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
		d := New(Limits{})
		meter := NewMeter(Limits{}, d)
		for i, line := range lines {
			d.Merge(meter.Packet(&message.Packet{ID: message.ID{Source: "e1", Inc: 1, Seq: uint64(i + 1)}, Entries: []message.Entry{{Text: line}}}))
		}
		var got strings.Builder
		for _, row := range d.Report().Texts.Rows {
			got.WriteString(strings.Repeat("*", int(row.Messages())) + " " + row.Name + "\n")
		}
		if got.String() != string(want) {
			t.Fatalf("seed %d:\n%s", seed, got.String())
		}
	}
}

func TestRefine(t *testing.T) {
	line := func(n uint64, text string) Line { return Line{text, Counts{Levels: [Levels]uint64{3: n}}} }
	lines := []Line{
		line(5, "login of al from <ip>"), line(4, "login of bo from <ip>"), line(3, "login of cy from <ip>"), line(2, "login of di from <ip>"),
		line(9, "stage one done"), line(9, "stage two done"), line(9, "stage three done"),
		line(1, "user=a left at <time>"), line(1, "user=b left at <time>"), line(1, "user=c left at <time>"), line(1, "user=d left at <time>"),
		line(1, "a <num>"), line(1, "b <num>"), line(1, "c <num>"), line(1, "d <num>"),
		line(1, "copy x to p1 ok"), line(1, "copy x to p2 ok"), line(1, "copy x to p3 ok"), line(1, "copy x to p4 ok"),
		line(1, "copy y to p1 ok"), line(1, "copy y to p2 ok"), line(1, "copy y to p3 ok"), line(1, "copy y to p4 ok"),
	}
	want := []Line{
		line(14, "login of <*> from <ip>"), line(9, "stage one done"), line(9, "stage three done"), line(9, "stage two done"),
		line(4, "copy x to <*> ok"), line(4, "copy y to <*> ok"), line(4, "user=<*> left at <time>"),
		line(1, "a <num>"), line(1, "b <num>"), line(1, "c <num>"), line(1, "d <num>"),
	}
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 2))
		rng.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
		if got := Refine(lines); !slices.Equal(got, want) {
			t.Fatalf("seed %d: %+v", seed, got)
		}
	}
}

func TestBursts(t *testing.T) {
	rows := func(errors ...uint64) (out []Row) {
		for i, n := range errors {
			r := Row{Begin: int64(i) * int64(Width)}
			r.Levels[5] = n
			out = append(out, r)
		}
		return out
	}
	w := int64(Width)
	for _, c := range []struct {
		name string
		rows []Row
		want []Burst
	}{
		{"none", nil, nil},
		{"of the first nothing is known", rows(50, 0, 0), nil},
		{"too few", rows(0, 0, 9), nil},
		{"enough", rows(0, 0, 10), []Burst{{2 * w, 3 * w, 10, 0, 2}}},
		{"not more than four times", rows(3, 3, 12), nil},
		{"more than four times", rows(3, 3, 13), []Burst{{2 * w, 3 * w, 13, 6, 2}}},
		{"one burst of two", rows(0, 20, 60, 0), []Burst{{w, 3 * w, 80, 0, 1}}},
		{"buckets without messages count", []Row{rows(40)[0], {Begin: 20 * w, Counts: rows(10)[0].Counts}}, []Burst{{20 * w, 21 * w, 10, 40, 20}}},
	} {
		if got := Bursts(c.rows); !slices.Equal(got, c.want) {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
	// What is more than 30 buckets ago is forgotten.
	long := rows(make([]uint64, 40)...)
	long[1].Levels[5], long[35].Levels[5] = 1000, 10
	if got := Bursts(long); len(got) != 2 || got[1].From != 35*w || got[1].Before != 0 || got[1].Buckets != 30 {
		t.Errorf("%+v", got)
	}
}

func TestRatesAndEstimates(t *testing.T) {
	c := Counts{Levels: [Levels]uint64{3: 10}, First: 1, Last: 1 + 20*second}
	if got := c.RateMilli(); got != 500 {
		t.Errorf("%d in 1,000 s, want 500", got)
	}
	if c.Last = c.First; c.RateMilli() != 0 {
		t.Error("a rate of one moment")
	}
	d := New(Limits{Templates: 256})
	for i := range 10_000 {
		c := Counts{Levels: [Levels]uint64{3: 1}}
		text := strings.Repeat("x", i%97) + string(rune('A'+i/97))
		d.tables[byTemplate].add(hashOf(text), text, &c)
	}
	if got := d.Report().Texts.Distinct; got < 8_000 || got > 12_000 {
		t.Errorf("about %d templates, there are 10000", got)
	}
}
