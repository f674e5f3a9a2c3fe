package tlsconf

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// Config names the files of a node, all PEM.
type Config struct {
	// Cert and Key are the node's certificate, with the chain that leads to the
	// authority, and its private key. Default (both empty): the node shows none, and
	// can only dial nodes that take connections without.
	Cert string `yaml:"cert"`
	Key  string `yaml:"key"`
	// CA are the authorities whose certificates are believed, of whoever connects and
	// of whom this node connects to. The machine's own are not. Required.
	CA string `yaml:"ca"`
	// Anonymous lets those connect who show no certificate: they may do what needs
	// none. Default (false): nobody does.
	Anonymous bool `yaml:"anonymous"`
}

const (
	// fileMax bounds each file in bytes.
	fileMax = 1 << 20
	// lookEvery is how often the files are looked at, at most.
	lookEvery = 250 * time.Millisecond
)

// Files are the newest good contents of the files. Safe for concurrent use.
type Files struct {
	cfg    Config
	failed func(error)

	mu     sync.Mutex
	looked time.Time
	stamp  [3]fileStamp
	now    loaded
}

// loaded is a set of files that fit together. It does not change.
type loaded struct {
	cert *tls.Certificate // nil: the node shows none
	ca   *x509.CertPool
	who  Identity // of cert
}

type fileStamp struct {
	changed time.Time
	size    int64
}

// Load reads the files. failed is told, by whichever goroutine finds it, when files that
// changed later cannot be used; it may be nil.
func Load(cfg Config, failed func(error)) (*Files, error) {
	f := &Files{cfg: cfg, failed: failed, looked: time.Now()}
	var err error
	if f.stamp, err = cfg.stat(); err == nil {
		f.now, err = cfg.load()
	}
	if err != nil {
		return nil, fmt.Errorf("tls: %w", err)
	}
	return f, nil
}

// Identity is whom the node's own certificate names; nobody if it has none.
func (f *Files) Identity() Identity { return f.current().who }

// current returns the files as they are now, if they changed and fit together.
func (f *Files) current() loaded {
	f.mu.Lock()
	now, err := f.look()
	f.mu.Unlock()
	if err != nil && f.failed != nil {
		f.failed(fmt.Errorf("tls: changed files are not used: %w", err))
	}
	return now
}

// look reads the files again if it is time to and one of them is not what it was. What
// cannot be used is tried again at the next look. f.mu is held.
func (f *Files) look() (loaded, error) {
	if time.Since(f.looked) < lookEvery {
		return f.now, nil
	}
	f.looked = time.Now()
	stamp, err := f.cfg.stat()
	if err != nil || stamp == f.stamp {
		return f.now, err
	}
	next, err := f.cfg.load()
	if err == nil && next.who != f.now.who {
		err = fmt.Errorf("%s names %s, the node is %s", f.cfg.Cert, next.who, f.now.who)
	}
	if err == nil {
		f.now, f.stamp = next, stamp
	}
	return f.now, err
}

func (c Config) files() [3]string { return [3]string{c.Cert, c.Key, c.CA} }

func (c Config) stat() (stamp [3]fileStamp, err error) {
	for i, name := range c.files() {
		if name == "" {
			continue
		}
		info, err := os.Stat(name)
		if err != nil {
			return stamp, err
		}
		stamp[i] = fileStamp{info.ModTime(), info.Size()}
	}
	return stamp, nil
}

func (c Config) load() (l loaded, err error) {
	if c.CA == "" {
		return l, errors.New("no file of authorities: tls: {ca: FILE}")
	}
	if (c.Cert == "") != (c.Key == "") {
		return l, errors.New("cert and key go together")
	}
	ca, err := read(c.CA)
	if err != nil {
		return l, err
	}
	l.ca = x509.NewCertPool()
	if !l.ca.AppendCertsFromPEM(ca) {
		return l, fmt.Errorf("%s: no certificate in it", c.CA)
	}
	if c.Cert == "" {
		return l, nil
	}
	chain, err := read(c.Cert)
	if err != nil {
		return l, err
	}
	key, err := read(c.Key)
	if err != nil {
		return l, err
	}
	pair, err := tls.X509KeyPair(chain, key)
	if err != nil {
		return l, fmt.Errorf("%s and %s: %w", c.Cert, c.Key, err)
	}
	if l.who, err = IdentityOf(pair.Leaf); err != nil {
		return l, fmt.Errorf("%s: %w", c.Cert, err)
	}
	l.cert = &pair
	return l, nil
}

func read(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, fileMax+1))
	if err == nil && len(b) > fileMax {
		err = fmt.Errorf("%s: more than %d bytes", name, fileMax)
	}
	return b, err
}
