// Shows the OpenAPI document; what is tried goes out with this page's session and CSRF token.
const place = document.getElementById('api');
SwaggerUIBundle({
  url: place.dataset.document,
  domNode: place,
  docExpansion: 'none',
  defaultModelsExpandDepth: 0,
  deepLinking: true,
  validatorUrl: null,
  persistAuthorization: false,
  requestInterceptor: (request) => {
    request.headers['X-CSRFToken'] = place.dataset.token;
    return request;
  },
});
