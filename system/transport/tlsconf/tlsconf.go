package tlsconf

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"sync"
	"time"

	"weir/system/transport/reload"
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

// fileMax bounds each file in bytes.
const fileMax = 1 << 20

// Files are the newest good contents of the files. Safe for concurrent use.
type Files struct {
	cfg    Config
	files  *reload.Files[loaded]
	failed func(error)

	mu   sync.Mutex
	told map[string]time.Time // nodes that are not who they should be, and when that was told
}

// loaded is a set of files that fit together. It does not change.
type loaded struct {
	cert *tls.Certificate // nil: the node shows none
	ca   *x509.CertPool
	who  Identity // of cert
}

// Load reads the files. failed is told, by whichever goroutine finds it, when files that
// changed later cannot be used, once for each different error; and of a node that does not
// prove who it is, once a minute. It may be nil.
func Load(cfg Config, failed func(error)) (*Files, error) {
	if failed == nil {
		failed = func(error) {}
	}
	read := func(was *loaded) (loaded, error) {
		l, err := cfg.load()
		if err == nil && was != nil && l.who != was.who {
			err = fmt.Errorf("%s names %s, the node is %s", cfg.Cert, l.who, was.who)
		}
		return l, err
	}
	files, err := reload.Load(read, func(err error) {
		failed(fmt.Errorf("tls: changed files are not used: %w", err))
	}, cfg.Cert, cfg.Key, cfg.CA)
	if err != nil {
		return nil, fmt.Errorf("tls: %w", err)
	}
	return &Files{cfg: cfg, files: files, failed: failed, told: map[string]time.Time{}}, nil
}

// Identity is whom the node's own certificate names; nobody if it has none.
func (f *Files) Identity() Identity { return f.current().who }

// current returns the files as they are now, if they changed and fit together.
func (f *Files) current() loaded { return f.files.Current() }

func (c Config) load() (l loaded, err error) {
	if c.CA == "" {
		return l, errors.New("no file of authorities: tls: {ca: FILE}")
	}
	if (c.Cert == "") != (c.Key == "") {
		return l, errors.New("cert and key go together")
	}
	ca, err := reload.Read(c.CA, fileMax)
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
	chain, err := reload.Read(c.Cert, fileMax)
	if err != nil {
		return l, err
	}
	key, err := reload.Read(c.Key, fileMax)
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
