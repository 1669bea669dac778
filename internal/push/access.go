package push

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"oras.land/oras-go/v2/registry/remote/auth"
	"oras.land/oras-go/v2/registry/remote/credentials"
	"oras.land/oras-go/v2/registry/remote/retry"

	"github.com/vapchart/vapchart/internal/policy"
)

// Access is how to reach a registry, in the words of `helm push`.
type Access struct {
	Config    string // file that `helm registry login` writes; Docker's is asked after it
	PlainHTTP bool
	Insecure  bool   // do not check the registry's certificate
	CAFile    string // certificates to check that of the registry by
	CertFile  string // with KeyFile: this client's own certificate
	KeyFile   string
}

// client gives the HTTP client, with credentials where there are any.
func (a Access) client() (*auth.Client, error) {
	config, err := a.tls()
	if err != nil {
		return nil, err
	}
	options := credentials.StoreOptions{AllowPlaintextPut: false, DetectDefaultNativeStore: true}
	store, err := a.store(options)
	if err != nil {
		return nil, policy.WithHint(fmt.Errorf("read credentials %s: %w", a.Config, err), "write the file with `helm registry login`")
	}
	base := &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: config, ForceAttemptHTTP2: true}
	return &auth.Client{
		Client: &http.Client{Transport: &retry.Transport{Base: base, Policy: func() retry.Policy {
			return &retry.GenericPolicy{
				Retryable: retry.DefaultPredicate, Backoff: retry.ExponentialBackoff(100*time.Millisecond, 2, 0),
				MinWait: 100 * time.Millisecond, MaxWait: time.Second, MaxRetry: 2,
			}
		}}},
		Cache: auth.NewCache(), Credential: credentials.Credential(store),
	}, nil
}

// store is Helm's file, then Docker's.
func (a Access) store(options credentials.StoreOptions) (credentials.Store, error) {
	file := a.Config
	if info, err := os.Stat(file); err == nil && info.Size() == 0 {
		file = "" // as Helm reads an empty file
	}
	store, err := credentials.NewStore(file, options)
	if err != nil {
		return nil, err
	}
	docker, err := credentials.NewStoreFromDocker(options)
	if err != nil {
		return store, nil //nolint:nilerr // as Helm does: a broken file of Docker's is as none
	}
	return credentials.NewStoreWithFallbacks(store, docker), nil
}

func (a Access) tls() (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: a.Insecure}
	if (a.CertFile == "") != (a.KeyFile == "") {
		return nil, errors.New("reach registry: a certificate needs its key, and a key its certificate")
	}
	if a.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(a.CertFile, a.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("reach registry: %w", err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	if a.CAFile != "" {
		pem, err := os.ReadFile(a.CAFile)
		if err != nil {
			return nil, fmt.Errorf("reach registry: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("reach registry: %s holds no certificate", a.CAFile)
		}
	}
	return config, nil
}
