// Shows the OpenAPI document; what is tried goes out with this page's session and CSRF token.
const place = document.getElementById('api');
const dark = matchMedia('(prefers-color-scheme: dark)');
const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
dark.addEventListener('change', follow);
follow();
if (window.SwaggerUIBundle) {
  SwaggerUIBundle({
    url: place.dataset.document,
    domNode: place,
    docExpansion: 'none',
    defaultModelsExpandDepth: -1,
    deepLinking: true,
    validatorUrl: null,
    requestInterceptor: (request) => {
      request.headers['X-CSRFToken'] = place.dataset.token;
      return request;
    },
  });
}
