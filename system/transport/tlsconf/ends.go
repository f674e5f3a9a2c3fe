package tlsconf

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Server is the configuration of a listener for these protocols (ALPN: h2, http/1.1).
// Each connection gets the files as they are when it begins. Who connects must show a
// certificate unless that is optional; one that is shown must be good. Without a
// certificate of the node's own there is no listener.
func (f *Files) Server(optional bool, protocols ...string) (*tls.Config, error) {
	if f.current().cert == nil {
		return nil, errors.New("tls: who listens needs a certificate: tls: {cert: FILE, key: FILE}")
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS13,
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
			now := f.current()
			c := &tls.Config{
				MinVersion:   tls.VersionTLS13,
				NextProtos:   protocols,
				Certificates: []tls.Certificate{*now.cert},
				ClientCAs:    now.ca,
				ClientAuth:   tls.RequireAndVerifyClientCert,
				// A ticket would outlive a change of the authorities.
				SessionTicketsDisabled: true,
				VerifyConnection: func(s tls.ConnectionState) error {
					_, err := PeerOf(&s) // who has a certificate must be somebody
					return err
				},
			}
			if optional || f.cfg.Anonymous {
				c.ClientAuth = tls.VerifyClientCertIfGiven
			}
			return c, nil
		},
	}, nil
}

// Client is the configuration for connections to the node of that name, which must be of
// one of the roles, over HTTP/2 unless the caller changes that.
func (f *Files) Client(name string, roles ...string) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS13,
		NextProtos: []string{"h2"},
		ServerName: name,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			if c := f.current().cert; c != nil {
				return c, nil
			}
			return &tls.Certificate{}, nil
		},
		// Not less is verified, but something else: the node, not the host. With a chain
		// from this node's authorities, which RootCAs would fix for good.
		InsecureSkipVerify: true,
		VerifyConnection: func(s tls.ConnectionState) error {
			err := f.verifyServer(s, name, roles)
			f.tell(name, err)
			return err
		},
	}
}

// tellEvery is how often it is told of one node that it is not who it should be.
const tellEvery = time.Minute

// tell tells why the node of that name is not believed.
func (f *Files) tell(name string, err error) {
	f.mu.Lock()
	last, again := f.told[name]
	silent := err == nil || again && time.Since(last) < tellEvery
	switch {
	case err == nil:
		delete(f.told, name)
	case !silent:
		f.told[name] = time.Now()
	}
	f.mu.Unlock()
	if !silent {
		f.failed(err)
	}
}

func (f *Files) verifyServer(s tls.ConnectionState, name string, roles []string) error {
	if len(s.PeerCertificates) == 0 {
		return errors.New("tls: the server shows no certificate")
	}
	between := x509.NewCertPool()
	for _, c := range s.PeerCertificates[1:] {
		between.AddCert(c)
	}
	_, err := s.PeerCertificates[0].Verify(x509.VerifyOptions{
		Roots: f.current().ca, Intermediates: between, CurrentTime: time.Now(),
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	})
	if err != nil {
		return fmt.Errorf("tls: node %s: %w", name, err)
	}
	who, err := IdentityOf(s.PeerCertificates[0])
	if err != nil {
		return fmt.Errorf("tls: node %s: %w", name, err)
	}
	if who.Name != name || !slices.Contains(roles, who.Role) {
		return fmt.Errorf("tls: node %s: the certificate is of %s, want a name of %v", name, who, roles)
	}
	return nil
}
