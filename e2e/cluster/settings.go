package cluster

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
	"k8s.io/client-go/util/cert"
)

// settings are what the processes need to find one another.
type settings struct {
	dir             string
	etcd, peer, api int // ports on loopback
}

const loopback = "127.0.0.1"

// Users of the API server, by the files of their kubeconfigs.
const (
	adminFile   = "kubeconfig"
	managerFile = "manager.kubeconfig"
)

func (s settings) path(name string) string { return filepath.Join(s.dir, name) }

func address(scheme string, port int) string {
	return fmt.Sprintf("%s://%s:%d", scheme, loopback, port)
}

func (s settings) etcdArgs() []string {
	client, peer := address("http", s.etcd), address("http", s.peer)
	return []string{
		"--name=e2e", "--data-dir=" + s.path("etcd"), "--unsafe-no-fsync", "--log-level=warn",
		"--listen-client-urls=" + client, "--advertise-client-urls=" + client,
		"--listen-peer-urls=" + peer, "--initial-advertise-peer-urls=" + peer, "--initial-cluster=e2e=" + peer,
	}
}

func (s settings) etcdHealthy(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address("http", s.etcd)+"/health", http.NoBody)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		err = errors.New(answer.Status)
	}
	return errors.Join(err, answer.Body.Close())
}

// apiArgs leaves the ServiceAccount plugin out: pods need no account then, as
// they never run.
func (s settings) apiArgs() []string {
	return []string{
		"--etcd-servers=" + address("http", s.etcd),
		"--bind-address=" + loopback, "--advertise-address=" + loopback, fmt.Sprintf("--secure-port=%d", s.api),
		"--endpoint-reconciler-type=none", "--service-cluster-ip-range=10.0.0.0/24",
		"--tls-cert-file=" + s.path("api.crt"), "--tls-private-key-file=" + s.path("api.key"), "--cert-dir=" + s.dir,
		"--token-auth-file=" + s.path("tokens.csv"), "--authorization-mode=RBAC",
		"--allow-privileged=true", "--disable-admission-plugins=ServiceAccount",
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file=" + s.path("accounts.key"), "--service-account-signing-key-file=" + s.path("accounts.key"),
	}
}

// managerArgs lets each controller act as its own service account, as in real
// clusters: policies see who makes a pod.
func (s settings) managerArgs() []string {
	return []string{
		"--kubeconfig=" + s.path(managerFile), "--use-service-account-credentials=true", "--leader-elect=false",
		"--service-account-private-key-file=" + s.path("accounts.key"), "--secure-port=0",
		"--kube-api-qps=1000", "--kube-api-burst=1000", // or the type checker waits for its turn
		"--controllers=*,-node-ipam-controller,-node-lifecycle-controller,-service-lb-controller",
	}
}

// managed waits for what the controllers do first: the role `edit` is put
// together from others.
func (c *Cluster) managed(ctx context.Context) error {
	client, err := kubernetes.NewForConfig(c.Config)
	if err != nil {
		return err
	}
	var role *rbacv1.ClusterRole
	role, err = client.RbacV1().ClusterRoles().Get(ctx, "edit", metav1.GetOptions{})
	if err == nil && len(role.Rules) == 0 {
		err = errors.New("clusterrole edit is empty")
	}
	return err
}

// writeFiles writes the API server's certificate, the key of service accounts,
// and for each user a token that only this folder knows and a kubeconfig.
func (s settings) writeFiles() error {
	authority, private, err := cert.GenerateSelfSignedCertKey(loopback, nil, nil)
	if err != nil {
		return fmt.Errorf("make certificate: %w", err)
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return fmt.Errorf("make key: %w", err)
	}
	block := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	var lines strings.Builder
	for _, u := range [][3]string{{adminFile, "admin", "system:masters"}, {managerFile, "system:kube-controller-manager", ""}} {
		var random [16]byte
		_, _ = rand.Read(random[:]) // never fails
		token := hex.EncodeToString(random[:])
		fmt.Fprintf(&lines, "%s,%s,%s,%q\n", token, u[1], u[1], u[2])
		if err := s.writeKubeconfig(u[0], token, authority); err != nil {
			return err
		}
	}
	for name, data := range map[string][]byte{
		"api.crt": authority, "api.key": private, "accounts.key": block, "tokens.csv": []byte(lines.String()),
	} {
		if err := os.WriteFile(s.path(name), data, 0o600); err != nil {
			return fmt.Errorf("write settings: %w", err)
		}
	}
	return nil
}

func (s settings) writeKubeconfig(file, token string, authority []byte) error {
	config := api.NewConfig()
	config.Clusters["e2e"] = &api.Cluster{Server: address("https", s.api), CertificateAuthorityData: authority}
	config.AuthInfos["e2e"] = &api.AuthInfo{Token: token}
	config.Contexts["e2e"] = &api.Context{Cluster: "e2e", AuthInfo: "e2e"}
	config.CurrentContext = "e2e"
	if err := clientcmd.WriteToFile(*config, s.path(file)); err != nil {
		return fmt.Errorf("write kubeconfig: %w", err)
	}
	return nil
}

// freePorts gives as many ports of loopback that nobody listens on. All are held until
// all are known, so that none is given twice.
func freePorts(count int) ([]int, error) {
	var out []int
	for range count {
		l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.ParseIP(loopback)})
		if err != nil {
			return nil, fmt.Errorf("find a free port: %w", err)
		}
		defer l.Close() //nolint:errcheck // nothing was sent
		_, port, err := net.SplitHostPort(l.Addr().String())
		if err != nil {
			return nil, fmt.Errorf("find a free port: %w", err)
		}
		n, err := strconv.Atoi(port)
		if err != nil {
			return nil, fmt.Errorf("find a free port: %w", err)
		}
		out = append(out, n)
	}
	return out, nil
}
