// Whoever has shown the operator's token at /ops, in this tab, is the operator on this page, too.

export const token = () => sessionStorage.getItem('token') ?? '';

// For a request of the operator's; of nobody's, if no token was shown.
export function proof(): HeadersInit {
  return token() ? { Authorization: `Bearer ${token()}` } : {};
}
