package kyverno

// validatingPolicy is the schema of ValidatingPolicy, the same in its three
// versions. What is not in it is an error.
type validatingPolicy struct {
	APIVersion string         `yaml:"apiVersion"`
	Kind       string         `yaml:"kind"`
	Metadata   metadata       `yaml:"metadata"`
	Spec       validatingSpec `yaml:"spec"`
	Status     presence       `yaml:"status"` // written by Kyverno itself
}

type validatingSpec struct {
	MatchConstraints at[matchConstraints]      `yaml:"matchConstraints"`
	MatchConditions  list[at[named]]           `yaml:"matchConditions"`
	Variables        list[at[named]]           `yaml:"variables"`
	Validations      list[at[validation]]      `yaml:"validations"`
	AuditAnnotations list[at[auditAnnotation]] `yaml:"auditAnnotations"`
	FailurePolicy    text                      `yaml:"failurePolicy"`
	Evaluation       evaluation                `yaml:"evaluation"`

	// ValidationActions is checked, not kept: the chart's values decide whether
	// a violation is denied, warned of or audited.
	ValidationActions list[text]          `yaml:"validationActions"`
	NoVerdict         validatingNoVerdict `yaml:",inline"`
}

// validatingNoVerdict is what a policy says about everything but the verdict
// on a request. It is decoded for its types and then left alone.
type validatingNoVerdict struct {
	// Autogen extends a pod policy to Deployments and friends; here the chart
	// decides about those.
	Autogen struct {
		PodControllers struct {
			Controllers list[text] `yaml:"controllers"`
		} `yaml:"podControllers"`
		ValidatingAdmissionPolicy enabled `yaml:"validatingAdmissionPolicy"`
	} `yaml:"autogen"`
	WebhookConfiguration struct {
		TimeoutSeconds *int `yaml:"timeoutSeconds"`
	} `yaml:"webhookConfiguration"`
}

type evaluation struct {
	Mode       text    `yaml:"mode"`
	Admission  enabled `yaml:"admission"`
	Background enabled `yaml:"background"` // no verdict: scans of what exists
}

type enabled struct {
	Enabled *at[bool] `yaml:"enabled"`
}

// matchConstraints is MatchResources of the Kubernetes API.
type matchConstraints struct {
	ResourceRules        list[at[resourceRule]] `yaml:"resourceRules"`
	ExcludeResourceRules list[at[resourceRule]] `yaml:"excludeResourceRules"`
	NamespaceSelector    *at[selector]          `yaml:"namespaceSelector"`
	ObjectSelector       *at[selector]          `yaml:"objectSelector"`
	MatchPolicy          text                   `yaml:"matchPolicy"`
}

type resourceRule struct {
	APIGroups     list[text] `yaml:"apiGroups"`
	APIVersions   list[text] `yaml:"apiVersions"`
	Resources     list[text] `yaml:"resources"`
	ResourceNames list[text] `yaml:"resourceNames"`
	Operations    list[text] `yaml:"operations"`
	Scope         text       `yaml:"scope"`
}
