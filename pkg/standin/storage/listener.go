// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"sync"
	"time"
)

// sniffListener accepts HTTP and HTTPS on one port: gsutil speaks nothing but
// HTTPS, everything else is simplest over HTTP.
type sniffListener struct{ net.Listener }

// Accept must not wait for the peer to speak, so the choice is left to the
// connection's first Read.
func (l sniffListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &sniffConn{Conn: c}, nil
}

// sniffConn becomes a TLS connection if the first byte it reads begins a TLS
// record. An HTTP server always reads before it writes.
type sniffConn struct {
	net.Conn
	first  sync.Once
	reader io.Reader // set by the first Read
	tls    *tls.Conn // set by the first Read, nil for plain HTTP
	err    error
}

const tlsHandshakeRecord = 0x16

func (c *sniffConn) sniff() {
	var head [1]byte
	if _, c.err = io.ReadFull(c.Conn, head[:]); c.err != nil {
		return
	}
	c.reader = io.MultiReader(bytes.NewReader(head[:]), c.Conn)
	if head[0] != tlsHandshakeRecord {
		return
	}
	cert, err := localCertificate()
	if err != nil {
		c.err = err
		return
	}
	c.tls = tls.Server(&prefixedConn{Conn: c.Conn, reader: c.reader}, &tls.Config{
		Certificates: []tls.Certificate{cert},
		MinVersion:   tls.VersionTLS12,
		NextProtos:   []string{"http/1.1"},
	})
	c.reader = c.tls
}

func (c *sniffConn) Read(p []byte) (int, error) {
	c.first.Do(c.sniff)
	if c.err != nil {
		return 0, c.err
	}
	return c.reader.Read(p)
}

func (c *sniffConn) Write(p []byte) (int, error) {
	if c.tls != nil {
		return c.tls.Write(p)
	}
	return c.Conn.Write(p)
}

// ReadFrom lets the kernel send files on plain connections.
func (c *sniffConn) ReadFrom(r io.Reader) (int64, error) {
	if c.tls != nil {
		return io.Copy(c.tls, r)
	}
	return io.Copy(c.Conn, r)
}

// prefixedConn is a connection of which some bytes have been read already.
type prefixedConn struct {
	net.Conn
	reader io.Reader
}

func (c *prefixedConn) Read(p []byte) (int, error) {
	return c.reader.Read(p)
}

type connKey struct{}

func withConn(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

// baseURL is the URL by which the client reached the server, for the links in
// what it is answered.
func baseURL(r *http.Request) string {
	scheme := "http"
	if c, ok := r.Context().Value(connKey{}).(*sniffConn); ok && c.tls != nil {
		scheme = "https"
	}
	return scheme + "://" + r.Host
}

// localCertificate makes a self-signed certificate for this machine, once in
// the life of the process and only when a client asks for HTTPS.
var localCertificate = sync.OnceValues(func() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("generate key: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()),
		Subject:      pkix.Name{CommonName: "storage stand-in"},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().AddDate(1, 0, 0),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:     []string{"localhost"},
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("create certificate: %w", err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
})
