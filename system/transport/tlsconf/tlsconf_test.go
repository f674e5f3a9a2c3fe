package tlsconf_test

import (
	"crypto/tls"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"weir/system/transport/tlsconf"
	"weir/system/transport/tlsconf/tlstest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// handshake connects the two and returns what each end says and who the server saw.
func handshake(t *testing.T, server, client *tls.Config) (who tlsconf.Identity, serverErr, clientErr error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	b, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	a, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	deadline := time.Now().Add(5 * time.Second)
	a.SetDeadline(deadline)
	b.SetDeadline(deadline)
	done := make(chan error, 1)
	c := tls.Client(b, client)
	go func() {
		err := c.Handshake()
		if err == nil {
			_, err = c.Read(make([]byte, 1)) // in TLS 1.3 a server's refusal comes after the handshake
		}
		b.Close()
		done <- err
	}()
	s := tls.Server(a, server)
	if serverErr = s.Handshake(); serverErr == nil {
		state := s.ConnectionState()
		who, serverErr = tlsconf.PeerOf(&state)
		s.Write([]byte{1})
	}
	a.Close()
	return who, serverErr, <-done
}

func load(t *testing.T, c tlsconf.Config) *tlsconf.Files {
	t.Helper()
	f, err := tlsconf.Load(c, func(err error) { t.Log(err) })
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func server(t *testing.T, c tlsconf.Config) *tls.Config {
	t.Helper()
	s, err := load(t, c).Server(false, "h2")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func issue(t *testing.T, a *tlstest.Authority, name string, c tlstest.Cert) tlsconf.Config {
	t.Helper()
	cert, key := a.Issue(t, name, c)
	return tlsconf.Config{Cert: cert, Key: key, CA: a.File}
}

func uri(s ...string) tlstest.Cert { return tlstest.Cert{URIs: s} }

func TestMutual(t *testing.T) {
	dir := t.TempDir()
	ours, theirs := tlstest.New(t, dir, "ours"), tlstest.New(t, dir, "theirs")
	d1 := issue(t, ours, "d1", uri("weir://distributor/d1"))
	e1 := issue(t, ours, "e1", uri("weir://emitter/e1"))
	foreign := issue(t, theirs, "foreign", uri("weir://emitter/e1"))
	foreign.CA = ours.File
	ended := issue(t, ours, "ended", tlstest.Cert{URIs: []string{"weir://emitter/e1"}, Ended: true})
	common := issue(t, ours, "common", tlstest.Cert{Common: "weir://emitter/e2"})
	anonymous := d1
	anonymous.Anonymous = true
	for _, c := range []struct {
		name           string
		server, client tlsconf.Config
		to             string
		who            string // "": the handshake fails
	}{
		{"both known", d1, e1, "d1", "weir://emitter/e1"},
		{"by common name", d1, common, "d1", "weir://emitter/e2"},
		{"no certificate", d1, tlsconf.Config{CA: ours.File}, "d1", ""},
		{"no certificate needed", anonymous, tlsconf.Config{CA: ours.File}, "d1", "weir:///"},
		{"another authority's client", d1, foreign, "d1", ""},
		{"another authority's client, none needed", anonymous, foreign, "d1", ""},
		{"another authority's server", d1, tlsconf.Config{Cert: e1.Cert, Key: e1.Key, CA: theirs.File}, "d1", ""},
		{"ended", d1, ended, "d1", ""},
		{"another node", d1, e1, "d2", ""},
		{"another role", e1, e1, "e1", ""},
	} {
		who, serverErr, clientErr := handshake(t, server(t, c.server), load(t, c.client).Client(c.to, tlsconf.Distributor))
		ok := serverErr == nil && clientErr == nil
		if ok != (c.who != "") || ok && who.String() != c.who {
			t.Errorf("%s: %v, server %v, client %v", c.name, who, serverErr, clientErr)
		}
	}
}

// That a node is not who it should be is told, and not at every attempt.
func TestTold(t *testing.T) {
	dir := t.TempDir()
	ours := tlstest.New(t, dir, "ours")
	d1 := server(t, issue(t, ours, "d1", uri("weir://distributor/d1")))
	var told []string
	e1, err := tlsconf.Load(issue(t, ours, "e1", uri("weir://emitter/e1")), func(err error) { told = append(told, err.Error()) })
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		for _, name := range []string{"d1", "d2"} {
			handshake(t, d1, e1.Client(name, tlsconf.Distributor))
		}
	}
	if len(told) != 1 || told[0] != "tls: node d2: the certificate is of weir://distributor/d1, want a name of [distributor]" {
		t.Errorf("told %q", told)
	}
}

// Who has a certificate of the authority that names no node, or two, is nobody.
func TestNames(t *testing.T) {
	dir := t.TempDir()
	ours := tlstest.New(t, dir, "ours")
	d1 := server(t, issue(t, ours, "d1", uri("weir://distributor/d1")))
	for _, c := range []tlstest.Cert{
		{Common: "e1"}, uri("weir://admin/e1"), uri("weir://emitter/"), uri("weir://emitter/a/b"), uri("weir://emitter/a%20b"),
		uri("weir://emitter/e1", "weir://operator/o1"), uri("https://emitter/e1"), uri("weir://emitter/e1?x=1"), uri("weir://emitter/" + strings.Repeat("x", 65)),
	} {
		cert, key := ours.Issue(t, "c", c)
		pair, err := tls.LoadX509KeyPair(cert, key)
		if err != nil {
			t.Fatal(err)
		}
		client := &tls.Config{InsecureSkipVerify: true, Certificates: []tls.Certificate{pair}, NextProtos: []string{"h2"}}
		if who, err, _ := handshake(t, d1, client); err == nil {
			t.Errorf("%+v is taken as %v", c, who)
		}
		if _, err := tlsconf.Load(tlsconf.Config{Cert: cert, Key: key, CA: ours.File}, nil); err == nil {
			t.Errorf("%+v is loaded", c)
		}
	}
}

func TestOldVersions(t *testing.T) {
	dir := t.TempDir()
	ours := tlstest.New(t, dir, "ours")
	d1 := server(t, issue(t, ours, "d1", uri("weir://distributor/d1")))
	client := load(t, issue(t, ours, "e1", uri("weir://emitter/e1"))).Client("d1", tlsconf.Distributor)
	client.MinVersion, client.MaxVersion = tls.VersionTLS12, tls.VersionTLS12
	if _, err, _ := handshake(t, d1, client); err == nil {
		t.Error("TLS 1.2 is taken")
	}
}

// eventually waits for what the next look at the files, a moment later, brings.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for range 100 {
		if ok() {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Error("it never comes: " + what)
}

// Files that change are used by the next connection; ones that cannot be used are not.
func TestReload(t *testing.T) {
	dir := t.TempDir()
	old, next := tlstest.New(t, dir, "old"), tlstest.New(t, dir, "next")
	d1 := issue(t, old, "d1", uri("weir://distributor/d1"))
	was := issue(t, old, "was", uri("weir://emitter/e1"))
	told := make(chan error, 100)
	files, err := tlsconf.Load(d1, func(err error) { told <- err })
	if err != nil {
		t.Fatal(err)
	}
	listener, err := files.Server(false, "h2")
	if err != nil {
		t.Fatal(err)
	}
	works := func(c tlsconf.Config) bool {
		_, s, c2 := handshake(t, listener, load(t, c).Client("d1", tlsconf.Distributor))
		return s == nil && c2 == nil
	}
	if !works(was) {
		t.Fatal("the first files do not work")
	}
	good, err := os.ReadFile(d1.Cert)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(d1.Cert, []byte("half a certif"), 0o600); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a complaint", func() bool { return !works(was) || len(told) > 0 })
	if !works(was) {
		t.Error("bad files are used")
	}
	if err := os.WriteFile(d1.Cert, good, 0o600); err != nil {
		t.Fatal(err)
	}
	now := issue(t, next, "now", uri("weir://emitter/e1"))
	next.Issue(t, "d1", uri("weir://distributor/d1"))
	ca, err := os.ReadFile(next.File)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(d1.CA, ca, 0o600); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the new authority", func() bool { return works(now) })
	// was.CA is the file that changed: its holder believes the server now, but is not believed.
	if works(was) {
		t.Error("the old authority is still believed")
	}
	next.Issue(t, "d1", uri("weir://distributor/d2"))
	for len(told) > 0 {
		<-told
	}
	eventually(t, "a complaint about another name", func() bool { works(now); return len(told) > 0 })
	if files.Identity().Name != "d1" {
		t.Error("the node has another name now")
	}
}

func TestLoadErrors(t *testing.T) {
	dir := t.TempDir()
	ours := tlstest.New(t, dir, "ours")
	good := issue(t, ours, "d1", uri("weir://distributor/d1"))
	_, other := ours.Issue(t, "d2", uri("weir://distributor/d2"))
	for says, c := range map[string]tlsconf.Config{
		"no file of authorities": {Cert: good.Cert, Key: good.Key},
		"go together":            {Cert: good.Cert, CA: good.CA},
		"no such file":           {Cert: good.Cert, Key: good.Key, CA: dir + "/none"},
		"no certificate in it":   {Cert: good.Cert, Key: good.Key, CA: good.Key},
		"private key does not":   {Cert: good.Cert, Key: other, CA: good.CA},
	} {
		if _, err := tlsconf.Load(c, nil); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%+v: %v, want %q", c, err, says)
		}
	}
	if _, err := load(t, tlsconf.Config{CA: good.CA}).Server(false, "h2"); err == nil {
		t.Error("a listener without a certificate")
	}
}
