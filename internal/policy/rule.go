package policy

// Rule is one rule of a Kyverno policy in neutral form: what it applies to and
// what must hold. It keeps Kyverno's meaning, not yet Kubernetes' shape;
// package convert makes the admission objects from it.
type Rule struct {
	Name     string // joined from policy and rule name; unique in a run
	Title    string // one line for people, from the policy's annotations; may be empty
	Profile  Profile
	Controls []Control // found by probing; empty until then
	Origin   Origin
	Corrects string // of a built-in rule in the place of upstream's: what that does instead, by control

	Match   []Filter // applies where any of these matches; never empty
	Exclude []Filter // and none of these does

	Conditions       []Condition // must all be true, else the rule does not apply
	Variables        []Variable  // in order: a later one may use an earlier one
	Validations      []Validation
	AuditAnnotations []AuditAnnotation
	Param            *Param // nil where the rule takes no parameters

	FailurePolicy string // Fail or Ignore; Fail where the policy says nothing
}

// Expression is CEL text, verbatim, with the line it begins at in the file of
// the rule's origin.
type Expression struct {
	CEL  string
	Line int
}

// Condition is a named precondition.
type Condition struct {
	Name       string
	Expression Expression
}

// Variable is a named expression that later expressions use as
// `variables.<name>`.
type Variable struct {
	Name       string
	Expression Expression
}

// Validation is one expression that must be true, and what to say when it is
// not. Message and MessageExpression may both be set; the latter then wins and
// the former is its fallback, as in the Kubernetes API.
type Validation struct {
	Expression        Expression
	Message           string
	MessageExpression Expression // CEL is empty where there is none
	Reason            string     // a metav1.StatusReason; empty for the API's default
}

// AuditAnnotation is a key and the expression that gives its value.
type AuditAnnotation struct {
	Key             string
	ValueExpression Expression
}

// Param names the kind of object a rule reads its parameters from, and the
// object its policy refers to.
type Param struct {
	APIVersion string
	Kind       string

	Name           string // one object by name, or
	Selector       *Selector
	Namespace      string // empty: the namespace of the object judged
	NotFoundAction string // Allow or Deny
}

// Filter describes a set of requests. All of its non-empty parts must match.
type Filter struct {
	Line              int // 1-based line it begins at
	Resources         []Resources
	Names             []string // of the object, * and ? are wildcards
	Namespaces        []string // the object is in, or the Namespace itself; * and ? are wildcards
	Annotations       map[string]string
	Selector          *Selector // on the object's labels
	NamespaceSelector *Selector // on the labels of the object's namespace
	Subjects          []Subject // any of these makes the request
	MatchPolicy       string    // Exact or Equivalent; empty for Equivalent
}

// Resources is a set of API resources and of operations on them, in the terms
// of an admission webhook's rule.
type Resources struct {
	Groups     []string // "" is the core group, "*" any
	Versions   []string // "*" any
	Resources  []string // plural, `pods` or `pods/exec`, "*" any
	Names      []string // exact object names; empty for all
	Operations []string // CREATE, UPDATE, DELETE, CONNECT or "*"; never empty
	Scope      string   // Cluster, Namespaced or "*"; empty for "*"
}

// Selector is a label selector. Values of MatchLabels may hold the wildcards *
// and ?, which Kyverno allows and Kubernetes does not.
type Selector struct {
	MatchLabels      map[string]string
	MatchExpressions []Requirement
}

// Requirement is one expression of a label selector.
type Requirement struct {
	Key      string
	Operator string // In, NotIn, Exists, DoesNotExist
	Values   []string
}

// Subject is somebody who makes a request.
type Subject struct {
	Kind      string // User, Group, ServiceAccount
	Name      string
	Namespace string // of a ServiceAccount
}
